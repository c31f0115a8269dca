using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>The checker finds each way in which a flush can be wrong, and nothing where all is right.</summary>
public sealed class CoherenceCheckerTests : IDisposable
{
    private const ulong Va = 0x40000000;
    private const ulong OldPlace = 0x7000, NewPlace = 0x9000;

    private readonly TestGpu _gpu = new(XePlatforms.Bmg);
    private readonly CoherenceChecker _checker;
    private readonly ReferenceTlb _tlb;
    private readonly TlbUnit _unit;
    private readonly TlbSpace _space;
    private readonly ExpectedMap _map;

    public CoherenceCheckerTests()
    {
        _checker = new CoherenceChecker(_gpu.Device.Tlb);
        _tlb = new ReferenceTlb(_gpu.Device.Tlb, 0) { Checker = _checker };
        _unit = _tlb.OpenUnit("core 0");
        _space = _gpu.Vm.GetTlbSpace();
        _map = _checker.AddMap(_gpu.Vm.TlbVm, AddressRange.OfSize(Va, 2 * MiB));
    }

    public void Dispose()
    {
        _unit.Dispose();
        _tlb.Dispose();
        _gpu.Dispose();
    }

    [Fact]
    public void A_right_flush_is_no_violation()
    {
        for (ulong i = 0; i < 100; i++)
        {
            Bind(OldPlace);
            Assert.Equal(OldPlace, _unit.Translate(_space, Va).Address);
            Assert.Equal(OldPlace, _unit.Translate(_space, Va).Address);
            Unbind();
            Assert.False(_unit.Translate(_space, Va).IsPresent);
        }

        Assert.Equal((300L, 0L, 0L), (_checker.Uses, _checker.ViolationCount, _checker.Unjudged));
    }

    [Fact]
    public void An_acknowledgement_without_flush_is_found()
    {
        Bind(OldPlace);
        _unit.Translate(_space, Va);
        _tlb.KeepsAll = true;
        Unbind();
        AssertStaleUse(1, 2);
    }

    [Fact]
    public void A_walk_from_a_directory_entry_that_should_be_gone_is_found()
    {
        Bind(OldPlace);
        _unit.Translate(_space, Va);
        _tlb.KeepsAll = true;
        Unbind();
        // Another part of the VM takes the tables over; the kept directory entry still leads into them.
        ulong elsewhere = Va + GiB + (4 * Page);
        _gpu.Run(Map(_gpu.SystemPage(0xb000), elsewhere, _gpu.WriteBack));
        Assert.Equal(0xb000ul, _unit.Translate(_space, Va + (4 * Page)).Address);
        Assert.Equal(
            [(CoherenceViolationKind.NotFlushed, 1ul), (CoherenceViolationKind.UnknownMapping, 0ul)],
            _checker.Violations.Select(violation => (violation.Kind, violation.Seqno)));
    }

    [Fact]
    public void An_acknowledgement_over_the_head_of_an_access_is_found()
    {
        Bind(OldPlace);
        _tlb.IgnoresUnits = true;
        using (TlbUnit.Access access = _unit.Begin())
        {
            access.Translate(_space, Va);
            Unbind();
        }

        CoherenceViolation found = Assert.Single(_checker.Violations);
        Assert.Equal(
            (CoherenceViolationKind.AcknowledgedInUse, "core 0", 0, Va, 1ul),
            (found.Kind, found.Who, found.Gt, found.Seen.Va, found.Seqno));
    }

    [Fact]
    public void The_old_mapping_may_be_seen_until_the_flush_is_acknowledged_and_not_after()
    {
        Bind(OldPlace);
        Translation old = _gpu.Vm.Translate(Va);
        long before = _map.Now;
        long change = _map.Begin(AddressRange.OfSize(Va, Page), null);
        Assert.True(_checker.CheckWalk(_map, "walker", _map.Now, old));
        Assert.True(_checker.CheckWalk(_map, "walker", before, new Translation(TranslationStatus.NotPresent, 0, false, old.Format, Va, 0)));
        _map.Complete(change, AddressRange.OfSize(Va, Page));
        Assert.True(_checker.CheckWalk(_map, "walker", before, old));
        Assert.False(_checker.CheckWalk(_map, "walker", _map.Now, old));
        CoherenceViolation found = Assert.Single(_checker.Violations);
        Assert.Equal((CoherenceViolationKind.OldMapping, "walker", -1, change), (found.Kind, found.Who, found.Gt, found.Change));
        Assert.Contains(
            $"OldMapping: walker used Mapped 0x7000 for 0x{Va:x} of vm 1, change {change}", found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mapping_that_never_was_is_found()
    {
        Bind(OldPlace);
        long change = _map.Begin(AddressRange.OfSize(Va, Page), NewPlace);
        _map.Abandon(change, AddressRange.OfSize(Va, Page));
        Translation seen = _gpu.Vm.Translate(Va);
        Assert.True(_checker.CheckWalk(_map, "walker", _map.Now, seen));
        var wrong = new Translation(seen.Status, seen.Level, seen.IsCompact, seen.Format, Va, (seen.Entry & 0xfff) | 0xd000);
        Assert.False(_checker.CheckWalk(_map, "walker", _map.Now, wrong));
        var abandoned = new Translation(seen.Status, seen.Level, seen.IsCompact, seen.Format, Va, (seen.Entry & 0xfff) | NewPlace);
        Assert.False(_checker.CheckWalk(_map, "walker", _map.Now, abandoned));
        var nowhere = new Translation(TranslationStatus.BadTable, 1, false, seen.Format, Va, 0);
        Assert.False(_checker.CheckWalk(_map, "walker", _map.Now, nowhere));
        Assert.Equal(
            [CoherenceViolationKind.UnknownMapping, CoherenceViolationKind.OldMapping, CoherenceViolationKind.UnknownMapping],
            _checker.Violations.Select(violation => violation.Kind));
    }

    [Fact]
    public void What_is_forgotten_is_not_judged()
    {
        Bind(OldPlace);
        Translation old = _gpu.Vm.Translate(Va);
        long since = _map.Now;
        for (ulong i = 0; i < ExpectedMap.VersionsKept; i++)
            _map.Complete(_map.Begin(AddressRange.OfSize(Va, Page), NewPlace + (i * Page)), AddressRange.OfSize(Va, Page));
        Assert.True(_checker.CheckWalk(_map, "walker", since, old));
        Assert.Equal((1L, 0L), (_checker.Unjudged, _checker.ViolationCount));
        Assert.False(_checker.CheckWalk(_map, "walker", _map.Now, old));
    }

    [Fact]
    public void A_window_is_checked_for_what_it_is_given()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _map.Begin(new AddressRange(Va - Page, Va + Page), null));
        Assert.Throws<ArgumentOutOfRangeException>(() => _map.Begin(new AddressRange(Va, Va), null));
        Assert.Throws<ArgumentOutOfRangeException>(() => _map.Begin(AddressRange.OfSize(Va, Page), 0x123));
        Assert.Throws<ArgumentOutOfRangeException>(() => _checker.AddMap(_gpu.Vm.TlbVm, AddressRange.OfSize(5, Page)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _checker.AddMap(_gpu.Vm.TlbVm, AddressRange.OfSize(Va, 0)));
    }

    private void Bind(ulong place)
    {
        long change = _map.Begin(AddressRange.OfSize(Va, Page), place);
        _gpu.Run(Map(_gpu.SystemPage(place), Va, _gpu.WriteBack));
        _map.Complete(change, AddressRange.OfSize(Va, Page));
    }

    private void Unbind()
    {
        long change = _map.Begin(AddressRange.OfSize(Va, Page), null);
        _gpu.Run(Unmap(Va, Page));
        _map.Complete(change, AddressRange.OfSize(Va, Page));
    }

    private void AssertStaleUse(ulong seqno, long change)
    {
        Assert.Equal(OldPlace + 8, _unit.Translate(_space, Va + 8).Address);
        CoherenceViolation[] found = [.. _checker.Violations];
        Assert.All(
            found, violation => Assert.Equal(("core 0", _gpu.Vm.TlbVm.Number, Va + 8), (violation.Who, violation.Vm, violation.Seen.Va)));
        Assert.Contains(found, violation => violation.Kind == CoherenceViolationKind.NotFlushed && violation.Seqno == seqno);
        Assert.Contains(found, violation => violation.Kind == CoherenceViolationKind.OldMapping && violation.Change == change);
    }
}
