using System.Runtime.InteropServices;

namespace XePt.Streaming;

/// <summary>
/// One batch of a job and the context it runs in: where it is, in how many batches inside each other, its registers. It goes on instruction
/// by instruction, and everything it needs to go on later, on another thread perhaps, is here.
/// </summary>
/// <remarks>Concurrency: one thread at a time; the streamer hands the job's run from one to the next.</remarks>
internal sealed class Column
{
    /// <summary>Batches inside each other: first level, second level, nested.</summary>
    public const int MostLevels = 3;

    private const int LineBytes = 64;

    private readonly ulong[] _returns = new ulong[MostLevels - 1];
    private readonly StreamTally _tally;
    private readonly uint[] _line = new uint[LineBytes / sizeof(uint)];
    private ulong _lineStart = NoLine;
    private long _lineWrites;
    private long _lastChanges = -1;
    private bool _isBackward;

    private const ulong NoLine = ulong.MaxValue;

    public Column(
        XeVm vm, Uapi.DrmXeEngineClassInstance engine, EngineTime account, StreamTally tally, Action<StreamerAccess>? observer,
        Action answered)
    {
        Devices.PlatformInfo platform = vm.File.Device.Platform;
        _tally = tally;
        Version = platform.GraphicsVerx100;
        Clock = new StreamClock(vm.File.Device.Clock, platform.ReferenceClockHz, Version >= 2000 ? 64 : 36, account);
        IsVideo = engine.EngineClass is Uapi.EngineClass.VideoDecode or Uapi.EngineClass.VideoEnhance;
        Registers = new RegisterFile(EngineBases.Of(engine), Clock);
        Memory = new MemoryPort(vm, engine.GtId, tally, observer, answered);
    }

    /// <summary>Graphics version times 100.</summary>
    public int Version { get; }

    /// <summary>Its engine is one for media, which has commands of its own.</summary>
    public bool IsVideo { get; }

    /// <summary>The time as this context sees it.</summary>
    public StreamClock Clock { get; }

    /// <summary>Its registers.</summary>
    public RegisterFile Registers { get; }

    /// <summary>Its way to memory.</summary>
    public MemoryPort Memory { get; }

    /// <summary>GPU address of the instruction in hand.</summary>
    public ulong Head { get; private set; }

    /// <summary>Its first dword.</summary>
    public uint Header { get; private set; }

    /// <summary>What it is.</summary>
    public Instruction? Current { get; private set; }

    /// <summary>Batches around the one it is in.</summary>
    public int Level { get; private set; }

    /// <summary>The batch has ended.</summary>
    public bool IsOver { get; private set; } = true;

    /// <summary>Why it cannot go on.</summary>
    public StreamerFailureKind Failure { get; private set; }

    /// <summary>How far the instruction in hand has come, for one that may be interrupted; 0 at its start.</summary>
    public ulong Progress { get; set; }

    /// <summary>State of MI_MATH in the middle.</summary>
    public MathUnit Math;

    /// <summary>Whose thread is at work, and his buffers.</summary>
    public StreamWorker Worker { get; private set; } = null!;

    /// <summary>Begins a batch. Registers stay as the one before has left them.</summary>
    public void Begin(ulong batch)
    {
        (Head, Level, IsOver, Failure, Progress, Current, Header) = (batch, 0, false, StreamerFailureKind.None, 0, null, 0);
        _lineStart = NoLine;
        _lastChanges = -1;
        Registers.IsPredicated = false;
    }

    /// <summary>Nobody goes on with it.</summary>
    public void GiveUp()
    {
        IsOver = true;
        Memory.GiveUp();
    }

    /// <summary>Goes on until the budget is used up, or as far as it can.</summary>
    /// <returns>False when it did nothing but wait.</returns>
    public bool Run(StreamWorker worker)
    {
        Worker = worker;
        // Others may have written instructions meanwhile.
        _lineStart = NoLine;
        (ulong start, long changes) = (Head, Changes);
        while (worker.Budget > 0)
        {
            worker.Budget--;
            worker.Executed++;
            switch (Execute())
            {
                case Step.Polling or Step.Faulting:
                    _tally.Waited();
                    return Head != start || Changes != changes;
                case Step.Jumped when IsIdleLoop():
                    _tally.Waited();
                    return Changes != changes;
                case Step.Over:
                    GiveUp();
                    return true;
                case Step.Failed:
                    if (Failure == StreamerFailureKind.None)
                        Failure = StreamerFailureKind.Memory;
                    GiveUp();
                    return true;
                case Step.Unfinished:
                    return true;
            }
        }

        return true;
    }

    /// <summary>Goes on at another address.</summary>
    /// <param name="target">GPU address.</param>
    /// <param name="length">Dwords of the instruction in hand.</param>
    /// <param name="returns">The end of the batch there leads back here.</param>
    public Step Jump(ulong target, int length, bool returns)
    {
        if (returns)
        {
            if (Level == MostLevels - 1)
                return Fail(StreamerFailureKind.TooDeep);
            _returns[Level++] = Head + ((ulong)length * sizeof(uint));
        }

        _isBackward = !returns && target <= Head;
        Head = target & ~3UL;
        return Step.Jumped;
    }

    /// <summary>Ends a batch.</summary>
    /// <param name="all">And those around it.</param>
    public Step End(bool all = false)
    {
        if (all || Level == 0)
            return Step.Over;
        Head = _returns[--Level];
        _isBackward = false;
        return Step.Jumped;
    }

    /// <summary>The batch cannot go on.</summary>
    public Step Fail(StreamerFailureKind kind)
    {
        Failure = kind;
        return Step.Failed;
    }

    /// <summary>Something that is not executed.</summary>
    public void StepOver(string name) => _tally.SteppedOver(name);

    /// <summary>Rises with everything that is written, in registers or memory.</summary>
    private long Changes => Registers.Writes + Memory.Writes;

    /// <summary>It has jumped back, and nothing was written, in registers or memory, since it did so before: what it waits for is to come
    /// from others.</summary>
    private bool IsIdleLoop()
    {
        if (!_isBackward)
            return false;
        bool isIdle = Changes == _lastChanges;
        _lastChanges = Changes;
        return isIdle;
    }

    private Step Execute()
    {
        Step step = Fetch(Head, Worker.Words.AsSpan(0, 1));
        if (step != Step.Next)
        {
            (Header, Current) = (0, null);
            return step;
        }

        Header = Worker.Words[0];
        int length = InstructionLength.Of(Header, IsVideo);
        if (length == 0)
            return Fail(StreamerFailureKind.BadHeader);
        Current = InstructionTable.Find(Header);
        if (Registers.IsPredicated && Current?.IgnoresPredicate != true)
            return Skip(length);
        if (Current?.Run is not { } run)
        {
            StepOver(InstructionTable.NameOf(Header, IsVideo));
            return Skip(length);
        }

        if (length < Current.MinLength)
            return Fail(StreamerFailureKind.BadLength);
        Span<uint> words = Worker.Words.AsSpan(0, System.Math.Min(length, StreamWorker.MostWords));
        step = Fetch(Head, words);
        if (step == Step.Next)
            step = run(this, words);
        if (step == Step.Next)
            return Skip(length);
        if (step == Step.Jumped)
            Progress = 0;
        return step;
    }

    private Step Skip(int length)
    {
        Head += (ulong)length * sizeof(uint);
        Progress = 0;
        return Step.Next;
    }

    /// <summary>Reads instructions by the line. What the batch itself writes is read again.</summary>
    private Step Fetch(ulong at, Span<uint> words)
    {
        if (_lineWrites != Memory.Writes)
            (_lineStart, _lineWrites) = (NoLine, Memory.Writes);
        for (int i = 0; i < words.Length;)
        {
            ulong address = at + ((ulong)i * sizeof(uint));
            ulong line = address & ~(ulong)(LineBytes - 1);
            if (line != _lineStart)
            {
                _lineStart = NoLine;
                Step step = Memory.Read(line, MemoryMarshal.AsBytes(_line.AsSpan()), isFetch: true);
                if (step != Step.Next)
                    return step;
                _lineStart = line;
            }

            int first = (int)(address - line) / sizeof(uint);
            int count = System.Math.Min(words.Length - i, _line.Length - first);
            _line.AsSpan(first, count).CopyTo(words[i..]);
            i += count;
        }

        return Step.Next;
    }
}
