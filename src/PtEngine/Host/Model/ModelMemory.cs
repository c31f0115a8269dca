using XePt.Diagnostics;
using XePt.Memory;

namespace XePt.Host;

/// <summary>How a <see cref="ModelMemory"/> is made.</summary>
public sealed record ModelMemoryOptions
{
    /// <summary>Physical address of the first frame, aligned to 2 MiB. The default is above what devices use for their own system memory
    /// and below what every platform can address.</summary>
    public ulong FirstFrame { get; init; } = 1UL << 37;

    /// <summary>Bytes of memory; a page beyond cannot be populated (-ENOMEM). Unlimited by default.</summary>
    public ulong Bytes { get; init; } = ulong.MaxValue;

    /// <summary>Frames are neighbours only inside huge pages, as in a machine whose memory is fragmented.</summary>
    public bool ScattersFrames { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"frames from 0x{FirstFrame:x}, 0x{Bytes:x} bytes{(ScattersFrames ? ", scattered" : "")}";
}

/// <summary>
/// System memory of a modelled machine: frames with real bytes, which exist only once they are written, for all its processes
/// (<see cref="ModelProcess"/>) and files (<see cref="ModelFile"/>).
/// </summary>
/// <remarks>
/// Concurrency: any thread. One gate stands before everything that is known of the machine: frames, page tables and mappings of all
/// processes, subscriptions, changes in flight. It is held for a walk over the pages of one call at most, and never while a subscription is
/// called or a device pulls pages. See <c>docs/concurrency/host.md</c>.
/// </remarks>
public sealed class ModelMemory : IFrameMemory, IHostGate, IDisposable
{
    private readonly Stack<List<DeviceBlock>> _spareLists = [];
    private SpinGate _gate;

    /// <summary>A machine.</summary>
    /// <param name="options">How it is made; null for the defaults.</param>
    public ModelMemory(ModelMemoryOptions? options = null)
    {
        options ??= new ModelMemoryOptions();
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.FirstFrame % PageMap.LeafBytes, 0UL);
        Gate = new AllocationGate(Failures);
        Frames = new FrameStore(Gate, options.FirstFrame, (long)(options.Bytes / PageBytes.Size), options.ScattersFrames);
        Blocks = new ModelBlocks(Gate);
    }

    /// <summary>Bytes of pages that are in use, whether they hold anything or not.</summary>
    public long UsedBytes
    {
        get
        {
            Enter();
            long pages = Frames.Count;
            Exit();
            return pages * PageBytes.Size;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"memory of processes, 0x{UsedBytes:x} bytes used";

    /// <summary>Bytes of pages that have been written, and so cost the host memory.</summary>
    public long WrittenBytes
    {
        get
        {
            Enter();
            long pages = Frames.WithBytes;
            Exit();
            return pages * PageBytes.Size;
        }
    }

    /// <summary>Device blocks that pages of its processes live in.</summary>
    public int DeviceBlocks
    {
        get
        {
            Enter();
            int count = Blocks.Count;
            Exit();
            return count;
        }
    }

    /// <summary>Makes the machine run out of memory where it needs some for itself (<see cref="FailurePoint.Allocation"/>); it passes no
    /// other place.</summary>
    public FailureInjector Failures { get; } = new();

    internal AllocationGate Gate { get; }

    internal FrameStore Frames { get; }

    internal ModelBlocks Blocks { get; }

    internal FrameBytes Bytes => new(Frames);

    /// <summary>Tells processes apart, and migrations.</summary>
    internal int LastNumber { get; set; }

    /// <summary>A file of zeros.</summary>
    /// <param name="size">Bytes.</param>
    public ModelFile CreateFile(ulong size) => new(this, size, isAnonymous: false);

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        Enter();
        bool isLive = Frames.TryFind(address, out long frame) && PageBytes.PartOf(address, into.Length) == into.Length;
        if (isLive)
            Bytes.Read(frame, address, into);
        Exit();
        return isLive;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        Enter();
        bool isWritten = Frames.TryFind(address, out long frame) && PageBytes.PartOf(address, from.Length) == from.Length
            && Bytes.TryWrite(frame, address, from);
        Exit();
        return isWritten;
    }

    /// <inheritdoc/>
    public bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        if (bytes is not (sizeof(uint) or sizeof(ulong)) || (address & ((ulong)bytes - 1)) != 0)
            throw new ArgumentException($"no aligned word: {bytes} bytes at {address:x}", nameof(bytes));
        found = 0;
        Enter();
        bool isDone = Frames.TryFind(address, out long frame)
            && Bytes.TryCompareExchange(frame, address, bytes, expected, desired, out found);
        Exit();
        return isDone;
    }

    /// <summary>Gives the memory back. Its processes and files can be used no more.</summary>
    public void Dispose()
    {
        Enter();
        Frames.Dispose();
        Blocks.Dispose();
        Exit();
    }

    /// <summary>Enters the gate.</summary>
    internal void Enter() => _gate.Enter();

    void IHostGate.Enter() => Enter();

    void IHostGate.Exit() => Exit();

    /// <summary>Leaves the gate, and tells blocks that they have lost their last page.</summary>
    internal void Exit()
    {
        if (!Blocks.HasReleased)
        {
            _gate.Exit();
            return;
        }

        if (!_spareLists.TryPop(out List<DeviceBlock>? released))
            released = [];
        Blocks.TakeReleased(released);
        _gate.Exit();
        foreach (DeviceBlock block in released)
            block.Released();
        released.Clear();
        _gate.Enter();
        _spareLists.Push(released);
        _gate.Exit();
    }
}
