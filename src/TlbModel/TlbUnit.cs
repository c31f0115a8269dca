using System.Runtime.InteropServices;
using XePt.Tlb;

namespace XePt;

/// <summary>One thread's door to a <see cref="ReferenceTlb"/>. Not to be used by two threads at once.</summary>
public sealed class TlbUnit : IDisposable
{
    private const ulong Idle = ulong.MaxValue;

    // Every flush reads the word and every access writes it, so it shares its cache lines with nothing.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct LonelyWord
    {
        [FieldOffset(128)]
        public ulong Value;
    }

    private readonly ReferenceTlb _tlb;
    private TlbUnitCounters _counters;
    private LonelyWord _holdsBackAfter;
    private CoherenceChecker.Use _use;

    internal TlbUnit(ReferenceTlb tlb, string name)
    {
        (_tlb, Name) = (tlb, name);
        _holdsBackAfter.Value = Idle;
    }

    /// <summary>What reports call it.</summary>
    public string Name { get; }

    /// <summary>What the unit has seen. Exact while it is not in an access.</summary>
    public TlbUnitCounters Counters => _counters;

    /// <summary>Flushes after this one may not be acknowledged because of this unit.</summary>
    internal ulong HoldsBackAfter => Volatile.Read(ref _holdsBackAfter.Value);

    /// <summary>Begins an access: what it translates may be used until it ends, and no flush is acknowledged over its head.</summary>
    /// <remarks>Keep it short, and end it before calling the VM, for a fault or anything else: a zap waits for accesses, so it must not
    /// wait for one of the caller's own.</remarks>
    public Access Begin()
    {
        if (_holdsBackAfter.Value != Idle)
            throw new InvalidOperationException($"{Name} is in an access already");
        Interlocked.Exchange(ref _holdsBackAfter.Value, _tlb.Flushed);
        if (_tlb.Checker is { } checker)
            _use = checker.Begin(_tlb.Hub, _tlb.Gt, Name);
        return new Access(this);
    }

    /// <summary>An access that only looks up one address.</summary>
    public Translation Translate(TlbSpace space, ulong va)
    {
        using Access access = Begin();
        return access.Translate(space, va);
    }

    /// <summary>Leaves the TLB.</summary>
    public void Dispose() => _tlb.Close(this);

    private Translation LookUp(TlbSpace space, ulong va)
    {
        if (va >= space.Size)
            return new Translation(TranslationStatus.OutOfRange, (byte)space.RootLevel, false, space.Format, va, 0);
        if (!_tlb.TryGet(space.Vm.Number, va, out TlbEntry entry, out TlbArray array))
            return Walk(space, va);

        _counters.Hits++;
        Translation hit = entry.Translate(va);
        if (_tlb.Checker is { } checker && checker.Check(ref _use, space.Vm, hit, entry.AsOf, out ulong survived))
            array.Restamp(space.Vm.Number, va, entry, survived);
        return hit;
    }

    private Translation Walk(TlbSpace space, ulong va)
    {
        // All are read before the tables: what is issued or begun later may have changed them. A flush that has begun and not finished may
        // have passed the place where this walk would insert and not yet the directory entry it would start from, so then it does neither.
        ulong flushes = Volatile.Read(ref _tlb.FlushesBegun);
        bool isFlushing = _tlb.Flushed != flushes;
        ulong asOf = _tlb.Hub.Issued(_tlb.Gt);
        var walk = default(TlbWalk);
        if (!isFlushing && _tlb.TryGetDirectory(space.Vm.Number, va, ref walk, ref asOf))
            _counters.WalkCacheHits++;
        Translation leaf = space.Walk(ref walk, va);
        _counters.Misses++;
        _counters.EntriesRead += walk.Count;
        _counters.Faults += leaf.IsPresent ? 0 : 1;
        bool evicted = false;
        if (isFlushing || !_tlb.Insert(space, walk, leaf, asOf, flushes, out evicted))
            _counters.Refused++;
        _counters.Evicted += evicted ? 1 : 0;
        _tlb.Checker?.Check(ref _use, space.Vm, leaf, asOf, out _);
        return leaf;
    }

    private void End()
    {
        _tlb.Checker?.End(_use);
        Interlocked.Exchange(ref _holdsBackAfter.Value, Idle);
        if (_tlb.IsOwing)
            _tlb.TryAcknowledge();
    }

    /// <summary>An access in progress; dispose it when what it translated is used no more.</summary>
    public readonly ref struct Access : IDisposable
    {
        private readonly TlbUnit _unit;

        internal Access(TlbUnit unit) => _unit = unit;

        /// <summary>Translates an address of a VM.</summary>
        public Translation Translate(TlbSpace space, ulong va) => _unit.LookUp(space, va);

        /// <summary>Ends the access.</summary>
        public void Dispose() => _unit.End();
    }

    /// <summary>Its name and what it has counted.</summary>
    public override string ToString() => $"{Name}: {Counters}";
}
