namespace XePt.Streaming;

/// <summary>Where the run of a queue is.</summary>
internal enum RunState : byte
{
    /// <summary>It has no job that runs.</summary>
    Idle,

    /// <summary>It is on the list of those that may go on.</summary>
    Listed,

    /// <summary>A thread is at it.</summary>
    Going,
}

/// <summary>What a queue's jobs run in: a context for each column, and the job that runs. It stays with its queue.</summary>
/// <remarks>Concurrency: state, owner and requests are behind the streamer's gate; the columns belong to the thread that has taken the
/// run from the list.</remarks>
internal sealed class QueueRun
{
    private readonly Column[] _columns;
    private readonly EngineGroup _group;
    private readonly bool _isFaultMode;

    public QueueRun(CommandStreamer streamer, XeVm vm, ExecQueue queue, StreamTally tally, Action<StreamerAccess>? observer)
    {
        (Streamer, Queue, Device) = (streamer, queue, vm.File.Device);
        HasDeadline = vm.Mode == Uapi.VmMode.DmaFence;
        _isFaultMode = vm.Mode == Uapi.VmMode.Fault;
        _group = EngineGroups.Of(Device, queue.Engines[0]);
        Node = new LinkedListNode<QueueRun>(this);
        void answered() => streamer.Answered(this);
        // Of several placements the first is taken.
        ClientTimes times = ClientTimes.Of(vm.File);
        _columns =
        [
            .. queue.Engines.Take(queue.Width)
                .Select(engine => new Column(vm, engine, times[engine.EngineClass], tally, observer, answered)),
        ];
    }

    public CommandStreamer Streamer { get; }

    public ExecQueue Queue { get; }

    public XeDevice Device { get; }

    /// <summary>Its place on the list.</summary>
    public LinkedListNode<QueueRun> Node { get; }

    /// <summary>Its engines are taken by jobs that it cannot share them with (RN-048).</summary>
    public bool IsHeld => _isFaultMode && _group.JobsWithFences > 0;

    /// <summary>Whether its jobs have fences, and are ended when they take too long.</summary>
    public bool HasDeadline { get; }

    public RunState State { get; set; }

    /// <summary>The thread that is at it.</summary>
    public int Owner { get; set; }

    /// <summary>The job that runs, or null.</summary>
    public XeJob? Job { get; set; }

    /// <summary>Whoever is at it shall stop: the job is to leave its engine.</summary>
    public bool IsToStop { get; set; }

    /// <summary>A page fault was answered since a thread took the run.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>The engine has taken the job back.</summary>
    public bool IsCancelled { get; set; }

    /// <summary>When the job has begun, in ns of the device.</summary>
    public long Began { get; private set; }

    public bool IsOver => Array.TrueForAll(_columns, static column => column.IsOver);

    /// <summary>The column that cannot go on, or null.</summary>
    public Column? Failed => Array.Find(_columns, static column => column.Failure != StreamerFailureKind.None);

    /// <summary>A column that is not over, or any when all are.</summary>
    public Column Unfinished => Array.Find(_columns, static column => !column.IsOver) ?? _columns[0];

    /// <summary>Which of the job's batches a column runs.</summary>
    public int NumberOf(Column column) => Array.IndexOf(_columns, column);

    /// <summary>Takes a job, a new one or one that ran before.</summary>
    public void Begin(XeJob job, bool isNew)
    {
        (Job, IsToStop, IsCancelled) = (job, false, false);
        for (int i = 0; i < _columns.Length; i++)
        {
            if (isNew)
                _columns[i].Begin(job.Batches[i]);
            _columns[i].Clock.Start();
        }

        if (isNew)
            Began = Device.Clock.Now;
        if (HasDeadline)
            _group.JobsWithFences++;
    }

    /// <summary>The job has left its engine.</summary>
    /// <param name="forGood">It does not come back.</param>
    public void Leave(bool forGood)
    {
        Job = null;
        if (HasDeadline)
            _group.JobsWithFences--;
        foreach (Column column in _columns)
        {
            column.Clock.Stop();
            if (forGood)
                column.GiveUp();
        }
    }

    /// <summary>Takes all columns a step further.</summary>
    /// <returns>False when they did nothing but wait.</returns>
    public bool Run(StreamWorker worker, long budget)
    {
        bool hasProgressed = false;
        foreach (Column column in _columns)
        {
            if (column.IsOver)
                continue;
            worker.Budget = budget;
            hasProgressed |= column.Run(worker);
            worker.Spent += budget - worker.Budget;
            if (column.Failure != StreamerFailureKind.None)
                break;
        }

        return hasProgressed;
    }
}
