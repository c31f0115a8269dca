using System.Reflection;

namespace XePt.Schedules.Exploring;

/// <summary>
/// Runs the threads of a protocol one at a time. Whoever comes to a shared access asks the explorer who goes on, and hands the turn over if
/// it is another; so plain code between two shared accesses always runs in one piece with the access before it.
/// </summary>
internal sealed class Machine : IDisposable
{
    [ThreadStatic]
    private static VirtualThread? s_self;

    [ThreadStatic]
    private static Machine? s_machine;

    [ThreadStatic]
    private static int s_quiet;

    private readonly IScheduler _scheduler;
    private readonly VirtualThread[] _threads;
    private readonly Thread[] _real;
    private readonly Turn _over = new();
    private readonly List<Choice> _possible = [];
    private readonly FieldInfo[] _statics;
    private readonly FieldInfo[] _threadStatics;
    private MemoryModel _model;
    private bool _isUnwinding;
    private bool _isStopping;
    private int _collections;
    private Choice _current;

    /// <param name="threads">Threads of the protocol.</param>
    /// <param name="protocol">The assembly of the code under test.</param>
    /// <param name="scheduler">Decides what happens next and is told what happened.</param>
    public Machine(int threads, Assembly protocol, IScheduler scheduler)
    {
        _scheduler = scheduler;
        ILookup<bool, FieldInfo> statics = MutableStatics(protocol).ToLookup(field => field.IsDefined(typeof(ThreadStaticAttribute)));
        (_statics, _threadStatics) = ([.. statics[false]], [.. statics[true]]);
        _threads = [.. Enumerable.Range(0, threads).Select(index => new VirtualThread(index))];
        _real = [.. _threads.Select(thread => new Thread(() => Live(thread)) { IsBackground = true, Name = $"T{thread.Index}" })];
        foreach (Thread real in _real)
            real.Start();
    }

    /// <summary>The thread that runs now, when it is one of a protocol under exploration.</summary>
    public static VirtualThread? Self => s_quiet == 0 ? s_self : null;

    /// <summary>The machine of <see cref="Self"/>.</summary>
    public static Machine Here => s_machine!;

    /// <summary>What is wrong with the run, once something is.</summary>
    public string? Fault { get; private set; }

    /// <summary>The steps made, as text, while somebody wants them.</summary>
    public StepRecord? Record { get; set; }

    /// <summary>The garbage collector ran, so addresses no longer name locations: the run was abandoned and has to be repeated.</summary>
    public bool IsSpoiled { get; private set; }

    /// <summary>Stores to raw memory wait in buffers.</summary>
    public bool Buffers => _model != MemoryModel.SequentiallyConsistent;

    /// <summary>Forgets what one run has left to the next, before a protocol sets its state up.</summary>
    public void Reset() => Reset(_statics);

    /// <summary>Runs a protocol once.</summary>
    /// <returns>False when the run was abandoned.</returns>
    public bool Run(Protocol protocol)
    {
        (_isUnwinding, Fault, _current, _model) = (false, null, default, protocol.Memory);
        (_collections, IsSpoiled) = (GC.CollectionCount(0), false);
        IReadOnlyList<Action> bodies = protocol.Threads;
        foreach (VirtualThread thread in _threads)
            thread.Begin(bodies[thread.Index]);
        HandOn(null);
        _over.Await();
        if (_isUnwinding)
            return Fault is not null;

        try
        {
            protocol.CheckEnd();
        }
        catch (BadScheduleException bad)
        {
            Fault = bad.Message;
            Record?.Add("at the end: " + bad.Message);
        }

        return true;
    }

    /// <summary>The running thread is about to make a step; returns when it may.</summary>
    public void Expect(VirtualThread self, StepKind kind, Access access, in Site site)
    {
        self.Expect(kind, access, site);
        if (GC.CollectionCount(0) != _collections && !_isUnwinding)
            IsSpoiled = _isUnwinding = true;
        if (!_isUnwinding)
            HandOn(self);
        if (_isUnwinding)
            throw new AbandonedException();
    }

    /// <summary>The thread has made the step, with this effect.</summary>
    public void HasStepped(VirtualThread self, Effect effect)
    {
        StepSet past = self.Past;
        if (self.Pending is StepKind.Exchange or StepKind.Barrier)
            self.Buffer.AddPastOfBarrier(ref past);
        if (effect == Effect.Reads)
        {
            self.Watched.Add(self.Access.Address);
            if (self.Site.DecidesRounds)
                self.Met.Add(self.Access.Address);
        }
        else if (effect == Effect.Stores)
            Notify(self, self.Access.Address);
        if (self.Pending == StepKind.Round)
            self.EndRound();
        else if (effect is Effect.Stores or Effect.Awaits)
            self.StopWatching();
        self.Past = IsPrivate(self) ? past : _scheduler.Happened(_current, self.Access with { Effect = effect }, past);
    }

    /// <summary>Runs something without its accesses being steps.</summary>
    public static T Quietly<T>(Func<T> action)
    {
        s_quiet++;
        try
        {
            return action();
        }
        finally
        {
            s_quiet--;
        }
    }

    /// <summary>The access behind a choice, when it is about to happen.</summary>
    public Access AccessOf(Choice choice)
    {
        VirtualThread thread = _threads[choice.Thread];
        return choice.Store < 0
            ? thread.Access
            : new Access(Effect.Stores, thread.Buffer.Waiting.First(store => store.Number == choice.Store).Address);
    }

    public void Dispose()
    {
        _isStopping = true;
        foreach (VirtualThread thread in _threads)
            thread.Turn.Give();
        foreach (Thread real in _real)
            real.Join();
        foreach (VirtualThread thread in _threads)
            thread.Turn.Dispose();
        _over.Dispose();
    }

    /// <summary>A step that no other thread can notice need not be tried in every order: it is made at once.</summary>
    private static bool IsPrivate(VirtualThread thread) => thread.Pending is StepKind.Start or StepKind.Store or StepKind.Barrier;

    /// <summary>What one run could leave to the next: pools that the process shares, caches of threads.</summary>
    private static IEnumerable<FieldInfo> MutableStatics(Assembly assembly) => assembly.GetTypes()
        .Where(type => !type.ContainsGenericParameters && type != typeof(Machine) && type.Name != nameof(Planted))
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        .Where(field => !field.IsInitOnly && !field.IsLiteral && !field.Name.StartsWith('<'));

    private static void Reset(FieldInfo[] fields)
    {
        foreach (FieldInfo field in fields)
            field.SetValue(null, field.FieldType.IsValueType ? Activator.CreateInstance(field.FieldType) : null);
    }

    private void Notify(VirtualThread by, nint address)
    {
        foreach (VirtualThread thread in _threads)
        {
            thread.IsNotified |= thread != by && thread.Watched.Contains(address);
            thread.IsMet |= thread != by && thread.Met.Contains(address);
        }
    }

    private void Live(VirtualThread self)
    {
        (s_self, s_machine) = (self, this);
        while (true)
        {
            self.Turn.Await();
            if (_isStopping)
                return;

            Reset(_threadStatics);
            try
            {
                self.Body();
            }
            catch (AbandonedException)
            {
            }
            catch (BadScheduleException bad)
            {
                Fail(self, bad.Message);
            }
            catch (Exception thrown)
            {
                // While unwinding, production code may wrap or replace the exception that unwinds it.
                if (!_isUnwinding)
                    Fail(self, thrown.ToString());
            }

            self.IsDone = true;
            HandOn(self);
        }
    }

    private void Fail(VirtualThread? thread, string fault)
    {
        Fault = fault;
        Record?.Add(thread is null ? fault : $"T{thread.Index}: {fault}");
        _isUnwinding = true;
    }

    /// <summary>Decides what happens next and lets it happen; returns when it is the caller's turn, or when a caller that is no thread or
    /// is done has handed the turn over.</summary>
    private void HandOn(VirtualThread? self)
    {
        VirtualThread? next = _isUnwinding ? null : Decide();
        if (_isUnwinding)
        {
            if (self is { IsDone: false })
                return;
            next = Array.Find(_threads, thread => thread.IsStarted && !thread.IsDone);
        }

        if (next is null)
        {
            _over.Give();
            return;
        }

        if (next == self)
            return;
        // Once another has the turn, this thread's marks may belong to the next run already.
        bool comesBack = self is { IsDone: false };
        next.Turn.Give();
        if (comesBack)
            self!.Turn.Await();
    }

    /// <summary>The thread to go on; null when all are done or the run is over otherwise.</summary>
    private VirtualThread? Decide()
    {
        while (true)
        {
            if (Array.Find(_threads, thread => IsPrivate(thread) && CanStep(thread)) is { } free)
            {
                free.IsStarted = true;
                return free;
            }

            CollectPossible();
            // Who waits for what is known by address. What was collected just now is right only if nothing has moved since the run began.
            if (GC.CollectionCount(0) != _collections)
            {
                IsSpoiled = _isUnwinding = true;
                return null;
            }

            if (_possible.Count == 0)
            {
                if (!Array.TrueForAll(_threads, thread => thread.IsDone))
                    Fail(null, "deadlock: " + string.Join(
                        ", ", _threads.Where(thread => !thread.IsDone).Select(thread => $"T{thread.Index} waits at {thread.Site}")));
                return null;
            }

            if (_scheduler.Pick(_possible) is not { } choice)
            {
                _isUnwinding = true;
                return null;
            }

            _current = choice;
            VirtualThread thread = _threads[choice.Thread];
            if (choice.Store < 0)
            {
                thread.Outcome = choice.Outcome;
                return thread;
            }

            Arrive(thread, choice);
        }
    }

    private unsafe void Arrive(VirtualThread thread, Choice choice)
    {
        BufferedStore store = thread.Buffer.Take(choice.Store, _model);
        // SAFETY: whoever stored knew the word to be writable, and protocols keep their memory until the run is over.
        ulong* word = (ulong*)store.Address;
        Record?.Add($"T{choice.Thread}: its store of {*word:x} -> {store.Value:x} arrives");
        *word = store.Value;
        Notify(thread, store.Address);
        thread.Buffer.HasArrived(store, _scheduler.Happened(choice, new Access(Effect.Stores, store.Address), store.Past));
    }

    private void CollectPossible()
    {
        _possible.Clear();
        for (int i = 0; i < _threads.Length; i++)
        {
            // The thread that made the last step comes first, so that the first schedule tried has few switches.
            VirtualThread thread = _threads[(_current.Thread + i) % _threads.Length];
            if (!CanStep(thread))
                continue;
            for (int outcome = 0; outcome < (thread.Pending == StepKind.Choose ? thread.Outcome : 1); outcome++)
                _possible.Add(Choice.Step(thread.Index) with { Outcome = outcome });
        }

        foreach (VirtualThread thread in _threads)
        {
            foreach (BufferedStore store in thread.Buffer.Waiting)
            {
                if (thread.Buffer.MayArrive(store, _model))
                    _possible.Add(new Choice(thread.Index, store.Number, 0));
            }
        }
    }

    private bool CanStep(VirtualThread thread) => !thread.IsDone && thread.Pending switch
    {
        StepKind.Exchange or StepKind.Barrier => thread.Buffer.Waiting.Count == 0,
        StepKind.Spin => thread.IsNotified,
        StepKind.Round => thread.IsMet,
        _ => true,
    };
}
