using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>A record that did not do what it says.</summary>
/// <param name="Line">Line of the record.</param>
/// <param name="Name">Name of the ioctl or event.</param>
/// <param name="Title">What to call it in lists.</param>
/// <param name="Differences">How what came of it differs from what it says.</param>
internal readonly record struct UnmetRecord(int Line, string Name, string Title, IReadOnlyList<string> Differences);

/// <summary>What the records of a trace came to in sum. Grows only by what is not as expected.</summary>
internal sealed class ReplayTally
{
    private const int MostCauses = 3;

    private readonly Queue<(string Name, int Line)> _causes = [];
    private readonly List<UnmetRecord> _unmet = [];
    private bool _hadMoreCauses;

    /// <summary>Records that were played.</summary>
    public int Records { get; private set; }

    /// <summary>Those that say what they expect, when that is looked at.</summary>
    public int Checked { get; private set; }

    /// <summary>Those that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>Those that did not do what they say, in order.</summary>
    public IReadOnlyList<UnmetRecord> Unmet => _unmet;

    /// <summary>The refused calls that should have made something: the end of a message, or nothing.</summary>
    public string Causes => _causes.Count == 0
        ? ""
        : $"; refused before: {string.Join(", ", _causes.Select(cause => $"{cause.Name} of line {cause.Line}"))}"
            + (_hadMoreCauses ? ", and others" : "");

    /// <summary>One more was played.</summary>
    public void Add(CallOutcome outcome)
    {
        Records++;
        Checked += outcome.IsChecked ? 1 : 0;
        if (outcome.Differences.Count > 0)
            _unmet.Add(new UnmetRecord(outcome.Line, outcome.Name, outcome.Title, outcome.Differences));
        if (outcome.Result.Errno != Errno.Ok)
            AddRefused(outcome);
    }

    private void AddRefused(CallOutcome outcome)
    {
        Refused++;
        if (!outcome.Name.EndsWith("_CREATE", StringComparison.Ordinal))
            return;
        if (_causes.Count == MostCauses)
        {
            _causes.Dequeue();
            _hadMoreCauses = true;
        }

        _causes.Enqueue((outcome.Name, outcome.Line));
    }
}
