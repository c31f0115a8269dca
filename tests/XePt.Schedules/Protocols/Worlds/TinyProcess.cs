using XePt.Fences;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Schedules.Protocols;

/// <summary>
/// A process with one page, small enough to be explored: it does what <c>ICpuAddressSpace</c> asks for in as few steps as possible. A
/// change is in three of them: subscriptions get a new sequence number and are in mid-change; the callback runs; the change takes effect
/// and ends (<c>SubscriptionBook</c> does the same inside its gate).
/// </summary>
internal sealed class TinyProcess : ICpuAddressSpace, IFrameMemory
{
    /// <summary>Frames of the first page and of those that come after it; a frame is never used again.</summary>
    public const ulong FirstFrame = 1UL << 37;

    // A page of the block.
    private const ulong InBlock = 1;

    // Numbers of migrations, by where they go.
    private const int IntoBlock = 1, OutOfBlock = 2;

    private const ulong OneActive = 1, OneChange = 0x100;

    // The sequence number, and in the low byte how many changes are in their middle.
    private ulong _changes;

    // The frame; 0 when the page is not populated.
    private ulong _page = FirstFrame;
    private DeviceBlock? _block;
    private ulong _nextFrame = FirstFrame + MirrorWorld.PageBytes;
    private int _isMapped = 1;
    private CpuSubscription? _subscription;

    // Entered and not left.
    private int _inside;

    // Migrations into the block that have put their pages somewhere.
    private int _ends;

    // The thread whose callback is running.
    private int _caller;

    public IFrameMemory Frames => this;

    /// <summary>Calls inside.</summary>
    public int Inside => _inside;

    /// <summary>How often a migration into the block has put its pages somewhere.</summary>
    public int Ends => _ends;

    /// <summary>Changes wait in their middle until they have been inside, as those do that wait for a job of a VM.</summary>
    public WriterGate? Waits { get; set; }

    /// <summary>Hears of each access to a page, by its frame.</summary>
    public Action<ulong>? Accessed { get; set; }

    /// <summary>Somebody is subscribed.</summary>
    public bool IsSubscribed => _subscription is not null;

    /// <summary>The frame of the page, or 0.</summary>
    public ulong Frame => _page == InBlock ? 0 : _page;

    /// <summary>The page is in device memory.</summary>
    public bool IsInBlock => _page == InBlock;

    /// <summary>Something happens to the page: everybody hears of it, then it takes effect.</summary>
    public void Change(CpuChangeKind kind, bool drops)
    {
        Begin(kind);
        if (kind == CpuChangeKind.Unmap)
            Volatile.Write(ref _isMapped, 0);
        DeviceBlock? gone = drops && _page == InBlock ? _block : null;
        if (drops)
            Volatile.Write(ref _page, 0UL);
        End();
        gone?.Released();
    }

    /// <summary>The CPU touches the page, which lives in a device.</summary>
    public Errno Touch() => _block!.Pull(this, MirrorWorld.Va, Vma);

    public bool TryEnter()
    {
        Interlocked.Increment(ref _inside);
        return true;
    }

    public void Leave() => Interlocked.Decrement(ref _inside);

    public bool TryFindVma(ulong address, out CpuVma vma)
    {
        vma = Vma;
        return address - MirrorWorld.Va < MirrorWorld.PageBytes && Volatile.Read(ref _isMapped) != 0;
    }

    public bool TryFindFirstVma(AddressRange range, out CpuVma vma) => TryFindVma(range.Start, out vma);

    public void Snapshot(AddressRange range, object? owner, CpuPageList into)
    {
        into.Clear();
        ulong page = Volatile.Read(ref _page);
        into.Add(page == 0 ? CpuPageRun.Absent(range.Start, 1) : RunOf(page));
    }

    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        into.Clear();
        if (Volatile.Read(ref _isMapped) == 0)
            return Errno.EFAULT;
        ulong page = Volatile.Read(ref _page);
        if (page == 0)
        {
            page = NewFrame();
            Volatile.Write(ref _page, page);
        }

        into.Add(RunOf(page));
        return Errno.Ok;
    }

    public Errno Subscribe(CpuSubscription subscription, AddressRange range)
    {
        subscription.SetHostState(range, this);
        Volatile.Write(ref _subscription, subscription);
        return Errno.Ok;
    }

    public void Unsubscribe(CpuSubscription subscription) => TryUnsubscribe(subscription);

    public bool TryUnsubscribe(CpuSubscription subscription)
    {
        int caller = Volatile.Read(ref _caller);
        if (caller != 0 && caller != Environment.CurrentManagedThreadId)
            return false;
        subscription.SetHostState(default, null);
        Volatile.Write(ref _subscription, null);
        return true;
    }

    public ulong ReadBegin(CpuSubscription subscription)
    {
        ulong changes = Volatile.Read(ref _changes);
        while ((byte)changes != 0)
            changes = Await.Change(ref _changes, changes);
        return changes;
    }

    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        sequence = Volatile.Read(ref _changes);
        return (byte)sequence == 0;
    }

    public bool ReadRetry(CpuSubscription subscription, ulong sequence) => Volatile.Read(ref _changes) / OneChange != sequence / OneChange;

    public Errno Collect(CpuMigration migration, AddressRange range, in CpuCollectKinds kinds)
    {
        migration.Begin(range, IntoBlock);
        Begin(CpuChangeKind.Migrate);
        migration.Sources.Add(RunOf(Volatile.Read(ref _page)));
        End();
        return Errno.Ok;
    }

    public Errno CollectBlock(CpuMigration migration, DeviceBlock block)
    {
        migration.Begin(default, OutOfBlock);
        if (Volatile.Read(ref _page) != InBlock)
            return Errno.Ok;
        Begin(CpuChangeKind.Clear);
        migration.Sources.Add(RunOf(InBlock));
        End();
        return Errno.Ok;
    }

    public Errno PrepareFrames(CpuMigration migration)
    {
        migration.Frames.Add(CpuPageRun.System(MirrorWorld.Va, 1, NewFrame(), 0, isWritable: true));
        return Errno.Ok;
    }

    public void InstallFrames(CpuMigration migration)
    {
        Volatile.Write(ref _page, migration.Frames.Runs[0].Frame);
        migration.HostNumber = 0;
        _block!.Released();
    }

    public Errno InstallBlock(CpuMigration migration, DeviceBlock block, int firstPage)
    {
        Interlocked.Increment(ref _ends);
        _block = block;
        Volatile.Write(ref _page, InBlock);
        migration.HostNumber = 0;
        return Errno.Ok;
    }

    public void Restore(CpuMigration migration)
    {
        if (migration.HostNumber == IntoBlock)
            Interlocked.Increment(ref _ends);
        migration.HostNumber = 0;
    }

    public bool TryRead(ulong address, Span<byte> into)
    {
        Accessed?.Invoke(address);
        return true;
    }

    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        Accessed?.Invoke(address);
        return true;
    }

    public bool TryCompareExchange(ulong address, int bytes, ulong expected, ulong desired, out ulong found) =>
        throw new NotSupportedException();

    private static CpuVma Vma => new(
        AddressRange.OfSize(MirrorWorld.Va, MirrorWorld.PageBytes), CpuProtection.ReadWrite, CpuVmaKind.Anonymous);

    private CpuPageRun RunOf(ulong page) => page == InBlock
        ? CpuPageRun.Device(MirrorWorld.Va, 1, _block!, 0) : CpuPageRun.System(MirrorWorld.Va, 1, page, 0, isWritable: true);

    private ulong NewFrame() => (_nextFrame += MirrorWorld.PageBytes) - MirrorWorld.PageBytes;

    private void Begin(CpuChangeKind kind)
    {
        ulong changes = Interlocked.Add(ref _changes, OneChange + OneActive);
        if (Volatile.Read(ref _subscription) is not { } told)
            return;
        Volatile.Write(ref _caller, Environment.CurrentManagedThreadId);
        told.Invalidate(new CpuChange(
            kind, AddressRange.OfSize(MirrorWorld.Va, MirrorWorld.PageBytes), changes / OneChange, MayBlock: true));
        Volatile.Write(ref _caller, 0);
        if (Waits is not { } gate)
            return;
        gate.Enter();
        gate.Exit();
    }

    private void End() => Interlocked.Decrement(ref _changes);
}
