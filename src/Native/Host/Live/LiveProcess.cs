using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>
/// This process as the engine sees it: its mappings are asked of the system, its pages are populated by the system and moved by nobody, and
/// whoever changes them says so before (<see cref="Begin"/>). A physical address stands for a page of the program: the device reads and
/// writes the program's own bytes, whatever is behind them, also in a forked child.
/// </summary>
/// <remarks>Concurrency: any thread. One gate stands before what is known of pages, subscriptions and changes. It is left for the system,
/// for callbacks and for blocks that bring pages back. See <c>docs/concurrency/host.md</c>.</remarks>
internal sealed partial class LiveProcess : ICpuAddressSpace, IFrameMemory, IHostGate
{
    private const int PageBytes = 4096, PageShift = 12;

    // Above what devices use for their own system memory, and below what every platform can address.
    private const ulong FirstFrame = 1UL << 37, LastFrame = 1UL << 39;
    private const int Again = 11, MostTries = 100;

    private readonly LiveFrames _frames = new(FirstFrame, LastFrame);
    private readonly LivePages _pages;
    private readonly SubscriptionBook _subscribers;
    private SpinGate _gate;

    private LiveProcess()
    {
        _pages = new LivePages(_frames);
        _subscribers = new SubscriptionBook(this);
    }

    /// <summary>The one.</summary>
    public static LiveProcess Instance { get; } = new();

    /// <inheritdoc/>
    public IFrameMemory Frames => this;

    /// <inheritdoc/>
    public bool TryEnter() => true;

    /// <inheritdoc/>
    public void Leave()
    {
        // It is there as long as anybody asks.
    }

    /// <inheritdoc/>
    public bool TryFindVma(ulong address, out CpuVma vma) => LiveMaps.TryFind(address, orNext: false, out vma);

    /// <inheritdoc/>
    public bool TryFindFirstVma(AddressRange range, out CpuVma vma) =>
        LiveMaps.TryFind(range.Start, orNext: true, out vma) && vma.Range.Start < range.End;

    /// <inheritdoc/>
    public void Snapshot(AddressRange range, object? owner, CpuPageList into)
    {
        into.Clear();
        for (ulong at = range.Start; at < range.End;)
        {
            bool isThere = TryFindFirstVma(new AddressRange(at, range.End), out CpuVma vma);
            ulong start = isThere ? Math.Max(vma.Range.Start, at) : range.End;
            if (start > at)
                into.Add(CpuPageRun.Absent(at, (int)((start - at) >> PageShift)));
            at = isThere ? Math.Min(vma.Range.End, range.End) : range.End;
            if (isThere)
                Describe(new AddressRange(start, at), vma, owner, into);
        }
    }

    /// <inheritdoc/>
    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        into.Clear();
        for (ulong at = range.Start; at < range.End;)
        {
            if (!TryFindVma(at, out CpuVma vma) || !vma.IsReadable || vma.Kind == CpuVmaKind.Io)
                return Errno.EFAULT;
            if (write && !vma.IsWritable)
                return Errno.EPERM;
            var part = new AddressRange(at, Math.Min(vma.Range.End, range.End));
            Errno error = Populate(part, write);
            if (error == Errno.Ok)
                error = Take(part, vma, owner, into);
            if (error != Errno.Ok)
                return error;
            at = part.End;
        }

        return Errno.Ok;
    }

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into) =>
        TryFindBytes(address, into.Length, out ulong place) && LiveBytes.TryRead(place, into);

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from) =>
        TryFindBytes(address, from.Length, out ulong place) && LiveBytes.TryWrite(place, from);

    /// <inheritdoc/>
    public bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        found = 0;
        return TryFindBytes(address, bytes, out ulong place) && LiveBytes.TryCompareExchange(place, bytes, expected, desired, out found);
    }

    /// <inheritdoc/>
    public override string ToString() => "this process";

    void IHostGate.Enter() => _gate.Enter();

    void IHostGate.Exit() => Exit();

    private bool TryFindBytes(ulong address, int bytes, out ulong place)
    {
        _gate.Enter();
        bool isLive = _frames.TryFind(address, out place);
        _gate.Exit();
        return isLive && (int)(address & (PageBytes - 1)) + bytes <= PageBytes;
    }

    /// <summary>Has the system make pages present, and its own when they are to be written.</summary>
    private static Errno Populate(AddressRange range, bool write)
    {
        for (int tries = 0; tries < MostTries; tries++)
        {
            int advice = write ? LibC.PopulateWrite : LibC.PopulateRead;
            if (LibC.Populate((nint)range.Start, (nuint)range.Size, advice) == 0)
                return Errno.Ok;
            if (System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != Again)
                break;
        }

        // A system that cannot, or pages that cannot be had.
        return s_populates ? Errno.EFAULT : TryTouch(range) ? Errno.Ok : Errno.EFAULT;
    }

    private static readonly bool s_populates = CanPopulate();

    private static unsafe bool CanPopulate()
    {
        nint page = LibC.Map(0, PageBytes, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous, -1, 0);
        bool can = page != -1 && LibC.Populate(page, PageBytes, LibC.PopulateWrite) == 0;
        if (page != -1)
            _ = LibC.Unmap(page, PageBytes);
        return can;
    }

    private static bool TryTouch(AddressRange range)
    {
        Span<byte> one = stackalloc byte[1];
        bool isThere = true;
        for (ulong at = range.Start; at < range.End && isThere; at += PageBytes)
            isThere = LiveBytes.TryRead(at, one);
        return isThere;
    }

    /// <summary>Describes pages of one mapping that are present.</summary>
    private Errno Take(AddressRange range, in CpuVma vma, object? owner, CpuPageList into)
    {
        for (ulong at = range.Start; at < range.End;)
        {
            Errno error = TakeUpToForeign(ref at, range.End, vma, owner, into);
            if (error == Errno.Ok && at < range.End)
                error = Pull(at, vma) is Errno.Ok or Errno.EAGAIN ? Errno.Ok : Errno.EFAULT;
            if (error == Errno.EBUSY)
                PendingMigrations.TryHasten(this, AddressRange.OfSize(at, PageBytes));
            if (error != Errno.Ok)
                return error;
        }

        return Errno.Ok;
    }

    /// <summary>The same up to a page that has to come back from a device first.</summary>
    private Errno TakeUpToForeign(ref ulong at, ulong end, in CpuVma vma, object? owner, CpuPageList into)
    {
        Errno error = Errno.Ok;
        _gate.Enter();
        for (; at < end && error == Errno.Ok; at += PageBytes)
        {
            if (!_pages.TryNeed(at, out PageEntry entry))
                error = Errno.ENOMEM;
            else if (entry.IsLocked)
                error = Errno.EBUSY;
            else if (entry.State == PageState.Device && !IsOwn(entry, owner))
                break;
            else
                into.Add(RunOf(at, entry, vma));
            if (error != Errno.Ok)
                break;
        }

        Exit();
        return error;
    }

    private void Describe(AddressRange range, in CpuVma vma, object? owner, CpuPageList into)
    {
        Span<bool> isPresent = stackalloc bool[LiveFrames.ChunkPages];
        for (AddressRange part = default; LiveMaps.TryLookOn(range, ref part, isPresent);)
        {
            _gate.Enter();
            for (ulong at = part.Start; at < part.End; at += PageBytes)
                into.Add(Look(at, isPresent[(int)((at - part.Start) >> PageShift)] && vma.IsReadable, vma, owner));
            Exit();
        }
    }

    private CpuPageRun Look(ulong address, bool isPresent, in CpuVma vma, object? owner)
    {
        PageEntry entry = _pages[address];
        bool isDevice = entry.State == PageState.Device;
        bool isShown = isDevice ? IsOwn(entry, owner) : isPresent && _pages.TryNeed(address, out entry);
        return isShown ? RunOf(address, entry, vma) : CpuPageRun.Absent(address, 1);
    }

    private CpuPageRun RunOf(ulong address, PageEntry entry, in CpuVma vma) => entry.State == PageState.Device
        ? CpuPageRun.Device(address, 1, _blocks[entry.Block].Block!, entry.Page)
        : CpuPageRun.System(address, 1, _frames.AddressOf(entry.Frame), 0, vma.IsWritable);

    private bool IsOwn(PageEntry entry, object? owner) => owner is not null && ReferenceEquals(_blocks[entry.Block].Block!.Owner, owner);

    /// <summary>Has a device bring a page back.</summary>
    private Errno Pull(ulong address, in CpuVma vma)
    {
        _gate.Enter();
        PageEntry entry = _pages[address];
        DeviceBlock? block = entry.State == PageState.Device ? _blocks[entry.Block].Block : null;
        Exit();
        if (block is null)
            return Errno.Ok;
        ThreadJobs.Own.BeginChange();
        try
        {
            return block.Pull(this, address, vma);
        }
        finally
        {
            // A copy engine may throw.
            ThreadJobs.Own.EndChange();
        }
    }
}
