using XePt.Epochs;
using XePt.Fences;
using XePt.Memory;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Protocols;

/// <summary>A call retires a table while a reader comes and leaves, or two leave at the same time, or one refreshes its pin, silently
/// because it has told somebody lately, and leaves. Whoever leaves last makes it ripe, so that it is freed, once, although nobody calls
/// again.</summary>
/// <remarks>All of it is production code. While leaving readers pass no fence, pins reach memory at once here: the fence of all processors
/// that the waiting side passes, and the explorer does not know, is what makes that so.</remarks>
public sealed unsafe class WaitForReaders : Protocol
{
    private readonly EpochDomain _epochs = new();
    private readonly PageTablePool _pool = new(0x100000, 8 * PageTablePool.PageBytes);
    private readonly LaterList _later = new(new WriterGate());
    private readonly RetiredTables _retired;
    private readonly nint[] _pins;
    private readonly int _table;
    private readonly Before _before;
    private readonly long* _staying;

    /// <param name="pinned">Readers that have pinned before and only leave; 0 for one that comes and leaves.</param>
    /// <param name="before">Whether somebody has waited before.</param>
    public WaitForReaders(int pinned, Before before)
    {
        PageCache cache = _pool.OpenCache(new AllocationGate());
        _retired = new RetiredTables(new TableStore(_pool, _epochs), cache, _later);
        _before = before;
        if (before != Before.Nobody)
            WaitOnce(cache.Rent(0));
        _table = cache.Rent(0);
        _pins = [.. Enumerable.Range(0, pinned).Select(_ => (nint)_epochs.Enter())];
        if (before == Before.Told)
            _staying = StayingReader();
    }

    /// <summary>What has been before the schedule begins.</summary>
    public enum Before
    {
        /// <summary>Nobody has waited: readers leave without a fence.</summary>
        Nobody,

        /// <summary>Somebody has: readers pass a fence when they leave.</summary>
        Somebody,

        /// <summary>That is so long ago that the next reader switches the fence off.</summary>
        Forgotten,

        /// <summary>Somebody has, and the reader that told is there still.</summary>
        Told,
    }

    public override MemoryModel Memory =>
        _before is Before.Somebody or Before.Told ? MemoryModel.TotalStoreOrder : MemoryModel.SequentiallyConsistent;

    public override IReadOnlyList<Action> Threads =>
    [
        Unlink,
        .. _pins.Select(pin => new Action(() => _epochs.Exit((long*)pin))).DefaultIfEmpty(_staying == null ? Read : RefreshAndLeave),
    ];

    public override void CheckEnd() => Require(_retired.IsEmpty, "freed in the end");

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _pool.Dispose();
    }

    private void WaitOnce(int table)
    {
        long* pin = _epochs.Enter();
        Unlink(table);
        _epochs.Exit(pin);
        if (_before == Before.Forgotten)
            pin[1] = AdaptiveFence.QuietLeaves - 1;
    }

    private void Unlink() => Unlink(_table);

    private void Unlink(int table)
    {
        _later.Gate.Enter();
        _retired.Retire(table);
        _retired.Reclaim();
        _later.Gate.Exit();
    }

    private long* StayingReader()
    {
        long* pin = _epochs.EnterToStay();
        // The next refresh is the last silent one.
        pin[EpochDomain.Silent] = 1;
        return pin;
    }

    private void RefreshAndLeave()
    {
        _epochs.Refresh(_staying);
        _epochs.ExitFromStay(_staying);
    }

    private void Read()
    {
        long* pin = _epochs.Enter();
        _epochs.Exit(pin);
    }
}
