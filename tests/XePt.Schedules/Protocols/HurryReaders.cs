using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>VMs are closed over a table each, of which nobody will ask again, while a reader that is silent refreshes its pin and stays.
/// What no pin holds back any more is freed, although the reader never leaves.</summary>
/// <remarks>All of it is production code.</remarks>
public sealed unsafe class HurryReaders : Protocol
{
    private readonly EpochDomain _epochs = new();
    private readonly PageTablePool _pool = new(0x100000, 512 * PageTablePool.PageBytes);
    private readonly TableStore _store;
    private readonly List<ClosedVms> _devices = [];
    private readonly Action[] _closings;
    private readonly long* _reader;
    private readonly long _begin;

    /// <param name="vms">How many VMs, each with a gate of its own for what it leaves behind.</param>
    public HurryReaders(int vms)
    {
        _store = new TableStore(_pool, _epochs);
        _closings = [.. Enumerable.Range(0, vms).Select(_ => Closing())];
        // Readers have been waited for before, so they look, with a fence.
        long* pin = _epochs.Enter();
        Closing()();
        _epochs.Exit(pin);
        _reader = _epochs.EnterToStay();
        _reader[EpochDomain.Silent] = EpochDomain.SilentRefreshes;
        _begin = _epochs.Current;
    }

    public override MemoryModel Memory => MemoryModel.TotalStoreOrder;

    public override IReadOnlyList<Action> Threads => [.. _closings, () => _epochs.Refresh(_reader)];

    public override void CheckEnd()
    {
        // A wait of one is for the readers of two epochs, before it looks and after; more of them may begin some between.
        bool isHeld = _closings.Length > 1 || *_reader <= _begin + 1;
        Require(isHeld || IsFreed(), "freed in the end");
        _epochs.Refresh(_reader);
        Require(IsFreed(), "freed by the next refresh");
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _pool.Dispose();
    }

    private bool IsFreed() => _devices.TrueForAll(vms => vms.Pending == 0);

    private Action Closing()
    {
        var device = new ClosedVms(_epochs, new AllocationGate());
        _devices.Add(device);
        PageCache cache = _pool.OpenCache(new AllocationGate());
        var retired = new RetiredTables(_store, cache, new LaterList(new WriterGate()));
        retired.Retire(cache.Rent(0));
        var tables = new ClosedTables(device, []);
        tables.Add(_store, retired.Abandon(out int count), count);
        return () => device.Add(tables);
    }
}
