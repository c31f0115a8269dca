using XePt.Memory;
using XePt.Tlb;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>
/// A TLB of one GT as a simulator may use it or as a model for its own: set-associative arrays for 4 KiB, 64 KiB, 2 MiB and 1 GiB pages,
/// and a page-walk cache of directory entries. Flushed by the invalidations of its GT; looked up through <see cref="TlbUnit"/>s on any
/// number of threads.
/// </summary>
/// <remarks>
/// <para>Concurrency, and why an acknowledgement never comes too early. An access is what happens between <see cref="TlbUnit.Begin"/> and
/// the end of its scope: look-ups and the use of what they gave. When it begins, a unit publishes the newest flush that was finished, by an
/// interlocked exchange, and then looks up. A flush announces itself, drops entries, publishes that it is finished, all interlocked, and
/// then looks at the units. It is acknowledged when every unit is idle or began its access after the flush was finished.</para>
/// <para>An access that began before may still use an older translation, and its unit is seen as busy: store, fence, load on both sides.
/// One that is not seen as busy published after the flush looked, so its look-ups come after the drop. It cannot find an older translation
/// in the arrays either: who inserts looks at the announcement again inside the set (<see cref="TlbArray"/>), and a walk that it makes
/// itself reads the tables after the writes that the invalidation followed. The last unit to leave acknowledges for all.</para>
/// <para>The same argument covers the page-walk cache, and so a table that an invalidation has cut off is in no walk any more once
/// it is acknowledged.</para>
/// </remarks>
public sealed class ReferenceTlb : ITlbClient, IDisposable
{
    private static readonly int[] Shifts = [12, 16, 21, 30];

    private readonly TlbArray[] _pages;
    private readonly TlbArray[] _directories;
    private readonly TlbRegistration _registration;
    private TlbUnit[] _units = [];
    private TlbUnitCounters _closedUnits;
    private TlbFlushCounters _flushCounters;
    private SpinGate _unitGate;
    private ulong _flushed;
    private ulong _limit = ulong.MaxValue;

    /// <summary>Makes the TLB of a GT and registers it.</summary>
    /// <param name="hub">The device's TLB side.</param>
    /// <param name="gt">GT id.</param>
    /// <param name="options">Shape; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such GT, or an impossible shape.</exception>
    public ReferenceTlb(TlbHub hub, int gt, ReferenceTlbOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(hub);
        options ??= new ReferenceTlbOptions();
        Hub = hub;
        TlbGeometry[] geometries = [options.Pages4K, options.Pages64K, options.Pages2M, options.Pages1G];
        _pages = [.. Shifts.Select((shift, i) => new TlbArray(shift, geometries[i], options.Replacement))];
        // Index l is level l + 1: directories begin at level 1, and each level's entry covers 512 of the one below (PT-003).
        _directories = options.WalkCache is { } cache
            ? [.. Enumerable.Range(1, 4).Select(level => new TlbArray(12 + (9 * level), cache, options.Replacement))]
            : [];
        _registration = hub.Register(gt, this);
    }

    /// <summary>GT id.</summary>
    public int Gt => _registration.Gt;

    /// <summary>Translations held.</summary>
    public int Count => _pages.Sum(array => array.Count);

    /// <summary>Directory entries held by the page-walk cache.</summary>
    public int DirectoryCount => _directories.Sum(array => array.Count);

    /// <summary>Newest flush that is finished, acknowledged or not.</summary>
    public ulong Flushed => Volatile.Read(ref _flushed);

    /// <summary>Invalidations up to this one may be acknowledged as soon as no access is in the way; the default is all. Lower it to hold
    /// acknowledgements back, raise it to let them go. A zap waits for its acknowledgement, so hold back only where another thread lets
    /// go.</summary>
    public ulong AcknowledgeLimit
    {
        get => Volatile.Read(ref _limit);
        set
        {
            Interlocked.Exchange(ref _limit, value);
            TryAcknowledge();
        }
    }

    /// <summary>What all units have seen. Exact while none is in an access.</summary>
    public TlbUnitCounters Counters
    {
        get
        {
            _unitGate.Enter();
            TlbUnitCounters sum = _closedUnits;
            foreach (TlbUnit unit in _units)
                sum = sum.Plus(unit.Counters);
            _unitGate.Exit();
            return sum;
        }
    }

    /// <summary>What flushes have done.</summary>
    public TlbFlushCounters FlushCounters => _flushCounters;

    /// <summary>Checks every use of a translation while set. Set it before the first access.</summary>
    public CoherenceChecker? Checker { get; set; }

    /// <summary>Test hook: acknowledges and keeps what it should drop.</summary>
    internal bool KeepsAll { get; set; }

    /// <summary>Test hook: does not wait for accesses in progress.</summary>
    internal bool IgnoresUnits { get; set; }

    internal TlbHub Hub { get; }

    /// <summary>Flushes begun; newest invalidation received.</summary>
    internal ulong FlushesBegun;

    /// <summary>A place from which one thread at a time looks up: a core, an engine.</summary>
    /// <param name="name">What reports call it.</param>
    public TlbUnit OpenUnit(string name)
    {
        var unit = new TlbUnit(this, name);
        _unitGate.Enter();
        Volatile.Write(ref _units, [.. _units, unit]);
        _unitGate.Exit();
        return unit;
    }

    /// <summary>Leaves the GT.</summary>
    public void Dispose() => _registration.Dispose();

    /// <inheritdoc/>
    void ITlbClient.Invalidate(in TlbInvalidation invalidation)
    {
        Interlocked.Exchange(ref FlushesBegun, invalidation.Seqno);
        int pages = 0, directories = 0;
        if (!KeepsAll)
        {
            foreach (TlbArray array in _pages)
                pages += array.Drop(invalidation);
            foreach (TlbArray array in _directories)
                directories += array.Drop(invalidation);
        }

        _flushCounters.Invalidations++;
        _flushCounters.Full += invalidation.IsFull ? 1 : 0;
        _flushCounters.TranslationsDropped += pages;
        _flushCounters.DirectoriesDropped += directories;
        Interlocked.Exchange(ref _flushed, invalidation.Seqno);
        TryAcknowledge();
    }

    /// <summary>Acknowledges what no access in progress holds back.</summary>
    internal void TryAcknowledge()
    {
        ulong safe = Math.Min(Flushed, AcknowledgeLimit);
        if (!IgnoresUnits)
        {
            foreach (TlbUnit unit in Volatile.Read(ref _units))
                safe = Math.Min(safe, unit.HoldsBackAfter);
        }

        if (safe > _registration.Acknowledged)
            _registration.Acknowledge(safe);
    }

    /// <summary>True while a finished flush is not acknowledged.</summary>
    internal bool IsOwing => Flushed > _registration.Acknowledged;

    internal void Close(TlbUnit unit)
    {
        _unitGate.Enter();
        Volatile.Write(ref _units, [.. _units.Where(other => other != unit)]);
        _closedUnits = _closedUnits.Plus(unit.Counters);
        _unitGate.Exit();
        TryAcknowledge();
    }

    /// <summary>Looks for a translation in the arrays of all sizes.</summary>
    internal bool TryGet(int vm, ulong va, out TlbEntry entry, out TlbArray found)
    {
        foreach (TlbArray array in _pages)
        {
            found = array;
            if (array.TryGet(vm, va, out entry))
                return true;
        }

        (entry, found) = (default, _pages[0]);
        return false;
    }

    /// <summary>The lowest directory entry on the way to an address that the page-walk cache holds.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="va">The address.</param>
    /// <param name="walk">Receives where the walk can start.</param>
    /// <param name="asOf">Lowered to what the directory entry is known for: what it leads to is not younger than it.</param>
    internal bool TryGetDirectory(int vm, ulong va, ref TlbWalk walk, ref ulong asOf)
    {
        for (int level = 1; level <= _directories.Length; level++)
        {
            if (!_directories[level - 1].TryGet(vm, va, out TlbEntry entry))
                continue;

            asOf = Math.Min(asOf, entry.AsOf);
            walk.Table = entry.Raw & PteFormats.AddressMask;
            walk.Level = level - 1;
            walk.IsCompact = level == 1 && (entry.Raw & PteFormats.Pde64K) != 0;
            return true;
        }

        return false;
    }

    /// <summary>Keeps what a walk has found.</summary>
    /// <returns>False when a flush came in between.</returns>
    internal bool Insert(TlbSpace space, in TlbWalk walk, in Translation leaf, ulong asOf, ulong flushesSeen, out bool evicted)
    {
        evicted = false;
        int vm = space.Vm.Number;
        for (int i = 0; i < walk.Count - 1 && _directories.Length > 0; i++)
        {
            var directory = new TlbEntry(walk.Entry(i), 0, asOf);
            if (!_directories[walk.Level - i - 1].Insert(vm, leaf.Va, directory, ref FlushesBegun, flushesSeen, out _))
                return false;
        }

        if (!leaf.IsPresent)
            return true;
        TlbArray array = _pages[0];
        for (int i = 1; i < _pages.Length && 1UL << array.Shift != leaf.PageSize; i++)
            array = _pages[i];
        return array.Insert(vm, leaf.Va, TlbEntry.Of(leaf, asOf), ref FlushesBegun, flushesSeen, out evicted);
    }

    /// <summary>For example <c>TLB of gt0: 12 translations, 3 directories</c>.</summary>
    public override string ToString() => $"TLB of gt{Gt}: {Count} translations, {DirectoryCount} directories";
}
