using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Schedules.Exploring;
using XePt.Tlb;

namespace XePt.Schedules.Protocols;

/// <summary>A tile update invalidates both GTs of its tile, while a client joins one of them and reads the entry. The client is told, or
/// has read the new entry.</summary>
/// <param name="gt">The GT that it joins: the primary one (0) or the media GT (1).</param>
public sealed unsafe class FlushBothGts(int gt) : Protocol, ITlbClient
{
    private const ulong OldEntry = 1, NewEntry = 2;

    private readonly TlbHub _hub = new(XePlatforms.Bmg, new VirtualClock());
    private readonly ulong* _entry = (ulong*)NativeMemory.AllocZeroed(1, sizeof(ulong));
    private ulong _kept;

    public override MemoryModel Memory => MemoryModel.TotalStoreOrder;

    public override IReadOnlyList<Action> Threads
    {
        get
        {
            *_entry = OldEntry;
            _hub.TryOpen(out TlbVm vm);
            var flush = new TlbFlush(_hub, XePlatforms.Bmg, vm) { Failures = new Diagnostics.FailureInjector() };
            return [() => Unbind(flush), Join];
        }
    }

    public void Invalidate(in TlbInvalidation invalidation)
    {
        _kept = 0;
        invalidation.Acknowledge();
    }

    public override void CheckEnd() => Require(_kept != OldEntry, "nobody keeps an entry that is unbound");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // SAFETY: the block is this object's alone, and its threads are done.
        NativeMemory.Free(_entry);
    }

    private void Unbind(TlbFlush flush)
    {
        const ulong last = TableWorld.PageBytes - 1;
        Volatile.Write(ref *_entry, NewEntry);
        TlbNumbers heard = flush.Issue(0, 0, last, TlbInvalidationCause.Bind);
        if (!heard.AreNone)
            flush.Tell(0, 0, last, TlbInvalidationCause.Bind, heard, null, out _, out _);
    }

    private void Join()
    {
        _hub.Register(gt, this);
        _kept = Volatile.Read(ref *_entry);
    }
}
