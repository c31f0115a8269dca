using System.Runtime.InteropServices;

namespace XePt.Schedules.Exploring;

/// <summary>
/// Runs a protocol in every order its steps can come in, as far as the order matters. Depth first: repeats the choices of the last run up
/// to the newest one that has an alternative left, and takes that.
/// </summary>
/// <remarks>
/// <para>Dynamic partial-order reduction with source sets (Abdulla, Aronis, Jonsson, Sagonas 2014): two neighbouring steps need to be tried
/// in both orders only when they touch the same word and one of them stores, or one may end a wait. When a step conflicts with an earlier
/// one that does not have to come before it, a step that lets it come first becomes an alternative in the place of the earlier one. Sleep
/// sets keep a schedule from being run again in another order of independent steps. <see cref="ExplorerTests"/> compares this with trying
/// everything.</para>
/// </remarks>
internal sealed class Explorer : IScheduler, IDisposable
{
    public const int MostSteps = StepSet.Capacity;

    /// <summary>Runs after which an exploration gives up.</summary>
    public const int MostRuns = 40_000;

    private sealed class Node(Choice[] possible)
    {
        public Choice[] Possible => possible;

        /// <summary>Chosen in this run.</summary>
        public Choice Chosen { get; set; }

        /// <summary>What it did, and what came before.</summary>
        public Access Access { get; set; }

        public StepSet Past { get; set; }

        /// <summary>To be tried, tried, and known to lead to nothing new.</summary>
        public List<Choice> Wanted { get; } = [];

        public List<Choice> Tried { get; } = [];

        public List<Choice> Asleep { get; set; } = [];

        public void Want(params ReadOnlySpan<Choice> choices)
        {
            foreach (Choice choice in choices)
            {
                if (!Wanted.Contains(choice))
                    Wanted.Add(choice);
            }
        }

        public bool TryAdvance()
        {
            foreach (Choice choice in Wanted)
            {
                if (Tried.Contains(choice) || Asleep.Contains(choice))
                    continue;
                Chosen = choice;
                Tried.Add(choice);
                return true;
            }

            return false;
        }
    }

    private readonly Func<Protocol> _make;
    private readonly int _mostSteps;
    private readonly bool _reduces;
    private readonly int _mostRuns;
    private readonly Machine _machine;
    private readonly List<Node> _path = [];
    private int _depth;

    // Steps of the run that are those of the last one; their past is known.
    private int _repeated;
    private int _schedules;
    private int _abandoned;
    private int _longest;
    private bool _isCutOff;

    private Explorer(Func<Protocol> make, int mostSteps, bool reduces, int mostRuns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(mostSteps, MostSteps);
        (_make, _mostSteps, _reduces, _mostRuns) = (make, mostSteps, reduces, mostRuns);
        using Protocol protocol = make();
        _machine = new Machine(protocol.Threads.Count, protocol.GetType().Assembly, this);
    }

    /// <summary>Explores a protocol until everything is known or something bad was found.</summary>
    /// <param name="make">Makes the protocol in its start state; always the same.</param>
    /// <param name="mostSteps">Longest schedule to follow.</param>
    /// <param name="reduces">False tries every order of all steps, which is for tiny protocols only.</param>
    /// <param name="mostRuns">Gives up after so many.</param>
    public static Findings Explore(Func<Protocol> make, int mostSteps = MostSteps, bool reduces = true, int mostRuns = MostRuns)
    {
        using var explorer = new Explorer(make, mostSteps, reduces, mostRuns);
        return explorer.Explore();
    }

    public void Dispose() => _machine.Dispose();

    Choice? IScheduler.Pick(List<Choice> possible)
    {
        if (_depth < _path.Count)
        {
            Node known = _path[_depth++];
            if (!known.Possible.AsSpan().SequenceEqual(CollectionsMarshal.AsSpan(possible)))
                throw new InvalidOperationException("the same choices led elsewhere: the protocol is not deterministic");
            return known.Chosen;
        }

        if (_depth == _mostSteps)
        {
            _isCutOff = true;
            return null;
        }

        var node = new Node([.. possible]) { Asleep = StillAsleep() };
        // Outcomes that no thread decides are all tried, and before anything else: they touch nothing.
        int chooser = possible.FindIndex(choice => choice.Outcome > 0);
        if (!_reduces)
            node.Wanted.AddRange(possible);
        else if (chooser >= 0)
            node.Wanted.AddRange(possible.Where(choice => choice.Thread == possible[chooser].Thread && choice.Store < 0));
        else
            node.Wanted.AddRange(possible.Where(choice => !node.Asleep.Contains(choice)).Take(1));
        if (!node.TryAdvance())
        {
            _abandoned++;
            return null;
        }

        _path.Add(node);
        _depth++;
        return node.Chosen;
    }

    StepSet IScheduler.Happened(Choice choice, Access access, StepSet past)
    {
        int index = _depth - 1;
        // Addresses differ from run to run, but what conflicts with what among the same steps does not.
        if (index < _repeated)
        {
            _path[index].Access = access;
            return _path[index].Past;
        }

        StepSet all = past;
        for (int earlier = index - 1; earlier >= 0; earlier--)
        {
            if (!_path[earlier].Access.Conflicts(access))
                continue;
            if (_reduces && !all.Contains(earlier))
                WantBefore(earlier, index, choice, access, past);
            all.Add(_path[earlier].Past);
        }

        all.Add(index);
        (_path[index].Access, _path[index].Past) = (access, all);
        return all;
    }

    private Findings Explore()
    {
        do
        {
            // The last choice of the path is another one than before. A run that is repeated looks at all again that came after it.
            _repeated = Math.Max(0, _path.Count - 1);
            while (!TryRun())
            {
            }

            if (_machine.Fault is not null)
                return Report(Repeat());
        }
        while (GoBack() && !(_isCutOff |= _schedules + _abandoned >= _mostRuns));

        return Report(null);
    }

    private Findings Report(BadSchedule? bad) => new(_schedules, _abandoned, _longest, _isCutOff, bad);

    /// <summary>Runs once along the path; false when that has to be repeated.</summary>
    private bool TryRun()
    {
        _depth = 0;
        _machine.Reset();
        using Protocol protocol = _make();
        bool ended = _machine.Run(protocol);
        _longest = Math.Max(_longest, _depth);
        if (ended)
            _schedules++;
        return !_machine.IsSpoiled;
    }

    /// <summary>Runs the schedule of the current path again and writes down what happens.</summary>
    private BadSchedule Repeat()
    {
        string fault = _machine.Fault!;
        do
            _machine.Record = new StepRecord();
        while (!TryRun());
        if (_machine.Fault != fault)
            throw new InvalidOperationException(
                $"the schedule led to '{fault}' and then to '{_machine.Fault}': the protocol is not deterministic");
        _schedules--;
        return new BadSchedule(fault, _machine.Record.Lines);
    }

    private bool GoBack()
    {
        while (_path.Count > 0)
        {
            if (_path[^1].TryAdvance())
                return true;
            _path.RemoveAt(_path.Count - 1);
        }

        return false;
    }

    /// <summary>Choices of the last node, or asleep there, that the step made there does not affect: they lead to what was run
    /// before.</summary>
    private List<Choice> StillAsleep()
    {
        if (_path.Count == 0 || !_reduces)
            return [];
        Node last = _path[^1];
        return [.. last.Asleep.Concat(last.Tried).Where(choice =>
            choice.Thread != last.Chosen.Thread && !_machine.AccessOf(choice).Conflicts(last.Access))];
    }

    /// <summary>
    /// A later step conflicts with an earlier one: it is to be tried before it, together with what lies between and does not need the
    /// earlier one. One step that can come first among these has to be an alternative in the place of the earlier one.
    /// </summary>
    private void WantBefore(int earlier, int later, Choice choice, Access access, StepSet past)
    {
        Node node = _path[earlier];
        var moved = default(StepSet);
        Choice? first = null;
        for (int between = earlier + 1; between <= later; between++)
        {
            bool isLast = between == later;
            StepSet before = isLast ? past : _path[between].Past;
            if (before.Contains(earlier))
                continue;

            Choice candidate = isLast ? choice : _path[between].Chosen;
            if (!before.Overlaps(moved) && node.Possible.Contains(candidate))
            {
                if (node.Wanted.Contains(candidate))
                    return;
                first ??= candidate;
            }

            moved.Add(between);
            if (!isLast && _path[between].Access.Conflicts(access))
                past.Add(_path[between].Past);
        }

        if (first is null)
            node.Want(node.Possible);
        else
            node.Want(first.Value);
    }
}
