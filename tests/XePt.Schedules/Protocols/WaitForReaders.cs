using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A call retires a table while a reader comes and leaves, or two leave at the same time. Whoever leaves last makes it ripe, so
/// that it is freed, once, although nobody calls again.</summary>
/// <remarks>All of it is production code. Pins reach memory at once here: the fence of all processors that the waiting side passes, and the
/// explorer does not know, is what makes that so.</remarks>
public sealed unsafe class WaitForReaders : Protocol
{
    private readonly EpochDomain _epochs = new();
    private readonly PageTablePool _pool = new(0x100000, 8 * PageTablePool.PageBytes);
    private readonly LaterList _later = new(new WriterGate());
    private readonly RetiredTables _retired;
    private readonly nint[] _pins;
    private readonly int _table;

    /// <param name="pinned">Readers that have pinned before and only leave; 0 for one that comes and leaves.</param>
    public WaitForReaders(int pinned)
    {
        PageCache cache = _pool.OpenCache(new AllocationGate());
        _retired = new RetiredTables(new TableStore(_pool, _epochs), cache, _later);
        _table = cache.Rent(0);
        _pins = [.. Enumerable.Range(0, pinned).Select(_ => (nint)_epochs.Enter())];
    }

    public override IReadOnlyList<Action> Threads =>
        [Unlink, .. _pins.Select(pin => new Action(() => _epochs.Exit((long*)pin))).DefaultIfEmpty(Read)];

    public override void CheckEnd() => Require(_retired.FreedCount == 1, "freed in the end");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _pool.Dispose();
    }

    private void Unlink()
    {
        _later.Gate.Enter();
        _retired.Retire(_table);
        _retired.Reclaim();
        _later.Gate.Exit();
    }

    private void Read()
    {
        long* pin = _epochs.Enter();
        _epochs.Exit(pin);
    }
}
