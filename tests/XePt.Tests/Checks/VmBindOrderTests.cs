using XePt.Uapi;
using XePt.Uapi.Checks;
using static XePt.Tests.Checks.BindSetting;

namespace XePt.Tests.Checks;

/// <summary>The order of the per-op checks, and the tables of worked examples 18 and 19 as far as arguments decide.</summary>
public class VmBindOrderTests
{
    private static readonly BindSetting Final = new();
    private static readonly BindSetting Gated = new() { Profile = XeProfile.SeedGated };
    private static readonly BindSetting Open = new() { Profile = XeProfile.SeedOpen };

    [Fact]
    [Rule("BIND-091")]
    public void The_gate_comes_before_every_other_fault_of_the_op()
    {
        Errno[] errnos =
        [
            Gated.Check(SeedMirror with { PatIndex = 99 }).Errno,
            Gated.Check(SeedMirror with { Flags = SeedMirror.Flags | (VmBindFlags)(1u << 30) }).Errno,
            Gated.Check(SeedMirror with { Op = VmBindOp.Unmap }).Errno,
            Gated.Check(SeedMirror with { Op = (VmBindOp)77 }).Errno,
            Gated.Check(SeedMirror with { Range = 0, Obj = 1, ObjOffset = 1 }).Errno,
            (Gated with { Mode = VmMode.DmaFence }).Check(SeedMirror).Errno,
        ];
        Assert.All(errnos, errno => Assert.Equal(Errno.EOPNOTSUPP, errno));
    }

    [Fact]
    [Rule("BIND-091")]
    public void In_the_gated_seed_the_first_bad_op_decides_between_the_errnos()
    {
        var misaligned = Map with { Addr = 1 };
        Assert.Equal(Errno.EINVAL, FirstRefusal(Gated, misaligned, SeedMirror).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, FirstRefusal(Gated, SeedMirror, misaligned).Errno);
    }

    [Fact]
    [Rule("BIND-091")]
    public void Repairing_a_thoroughly_wrong_op_uncovers_the_checks_in_their_order()
    {
        var noFaults = Final with { Mode = VmMode.DmaFence };
        var op = new DrmXeVmBindOp
        {
            Op = (VmBindOp)9,
            Flags = VmBindFlags.CpuAddrMirror | (VmBindFlags)0x80,
            PatIndex = 99,
            Obj = 1,
            ObjOffset = 1,
            Addr = 1,
            PrefetchMemRegionInstance = 9,
        };
        noFaults.Check(op).IsRefusedBy("BIND-068", "flags", 0xa0);
        Final.Check(op).IsRefusedBy("BIND-069", "pat_index", 99);
        Final.Check(op = op with { PatIndex = 16 }).IsRefusedBy("BIND-070", "pat_index", 16);
        Final.Check(op = op with { PatIndex = 0 }).IsRefusedBy("BIND-071", "op", 9);
        Final.Check(op = op with { Op = VmBindOp.MapUserptr }).IsRefusedBy("BIND-072", "flags", 0xa0);
        Final.Check(op = op with { Flags = VmBindFlags.CpuAddrMirror }).IsRefusedBy("BIND-073", "obj", 1);
        Final.Check(op = op with { Obj = 0 }).IsRefusedBy("BIND-074", "obj_offset", 1);
        Final.Check(op = op with { ObjOffset = 0 }).IsRefusedBy("BIND-075", "op", 2);
        op = op with { Flags = VmBindFlags.MadviseAutoreset };
        Final.Check(op with { Op = VmBindOp.Map }).IsRefusedBy("BIND-076", "obj", 0);
        Final.Check(op with { Op = VmBindOp.UnmapAll }).IsRefusedBy("BIND-077", "obj", 0);
        Final.Check(op with { Op = VmBindOp.UnmapAll, Obj = 1, Range = 1 }).IsRefusedBy("BIND-078", "addr", 1);
        Final.Check(op with { Op = VmBindOp.UnmapAll, Obj = 1, Range = 1, Addr = 0 }).IsRefusedBy("BIND-079", "range", 1);
        Final.Check(op with { Obj = 1 }).IsRefusedBy("BIND-080", "obj", 1);
        Final.Check(op with { PatIndex = 9 }).IsRefusedBy("BIND-081", "pat_index", 9);
        (Final with { UserptrPresent = false }).Check(op with { PatIndex = 8 }).IsRefusedBy("BIND-082", "pat_index", 8);
        (Final with { UserptrPresent = false }).Check(op with { PatIndex = 2 }).IsRefusedBy("BIND-083", "op", 2);
        Final.Check(op with { Op = VmBindOp.Prefetch, Obj = 1 }).IsRefusedBy("BIND-084", "obj", 1);
        Final.Check(op with { PatIndex = 2 }).IsRefusedBy("BIND-085", "prefetch_mem_region_instance", 9);
        Final.Check(op with { Op = VmBindOp.Prefetch }).IsRefusedBy("BIND-086", "prefetch_mem_region_instance", 9);
        op = op with { Op = VmBindOp.Unmap, PrefetchMemRegionInstance = 0 };
        Final.Check(op with { Obj = 1 }).IsRefusedBy("BIND-087", "obj", 1);
        Final.Check(op).IsRefusedBy("BIND-088", "flags", 0x40);
        Final.Check(op = op with { Flags = 0 }).IsRefusedBy("BIND-089", "addr", 1);
        Final.Check(op = op with { Addr = 0 }).IsRefusedBy("BIND-090", "range", 0);
        Final.Check(op with { Range = 0x1000 }).IsAccepted();
    }

    [Fact]
    public void Rows_of_the_table_have_the_numbers_and_rules_of_the_specification()
    {
        for (var row = 0; row < VmBindOpChecks.Rules.Length; row++)
        {
            Assert.Equal(row + 1, VmBindOpChecks.Rules[row].Order);
            Assert.Equal($"BIND-{67 + row:d3}", VmBindOpChecks.Rules[row].RuleId);
        }

        Assert.Equal(24, VmBindOpChecks.Rules.Length);
    }

    [Fact]
    [Rule("BIND-067")]
    [Rule("BIND-068")]
    public void Example_18_mirror_on_a_preempt_fence_VM() =>
        AssertErrnos(Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL, op => op, setting => setting with { Mode = VmMode.PreemptFence });

    [Fact]
    [Rule("BIND-073")]
    public void Example_18_mirror_with_a_BO() => AssertRefusedMirror(op => op with { Obj = 1 });

    [Fact]
    [Rule("BIND-074")]
    public void Example_18_mirror_with_an_offset() => AssertRefusedMirror(op => op with { ObjOffset = 0x1000 });

    [Theory]
    [Rule("BIND-075")]
    [InlineData(VmBindOp.Unmap)]
    [InlineData(VmBindOp.Prefetch)]
    public void Example_18_mirror_with_another_op(VmBindOp other) => AssertRefusedMirror(op => op with { Op = other });

    [Fact]
    [Rule("BIND-090")]
    public void Example_18_mirror_without_range() => AssertRefusedMirror(op => op with { Range = 0 });

    [Fact]
    [Rule("BIND-047")]
    public void Example_18_mirror_beyond_the_end_of_the_VM() => AssertRefusedMirror(op => op with { Addr = 0x1000, Range = End });

    [Fact]
    [Rule("BIND-072")]
    public void Example_18_mirror_with_an_unknown_flag() =>
        AssertRefusedMirror(op => op with { Flags = op.Flags | (VmBindFlags)(1u << 30) });

    [Fact]
    [Rule("BIND-072")]
    public void Example_18_valid_mirror() => AssertErrnos(Errno.Ok, Errno.EOPNOTSUPP, Errno.Ok, op => op, setting => setting);

    [Fact]
    [Rule("BIND-076")]
    public void Example_18_the_seed_flag_means_CHECK_PXP_in_Final()
    {
        FirstRefusal(Final, SeedMirror).IsRefusedBy("BIND-076", "obj", 0);
        FirstRefusal(Gated, SeedMirror).IsRefusedBy("BIND-067", "flags", 0x10, Errno.EOPNOTSUPP);
        FirstRefusal(Open, SeedMirror).IsAccepted();
    }

    [Fact]
    [Rule("BIND-088")]
    public void Example_18_autoreset_without_mirror()
    {
        var op = Map with { Flags = VmBindFlags.MadviseAutoreset };
        FirstRefusal(Final, op).IsRefusedBy("BIND-088", "flags", 0x40);
        FirstRefusal(Gated, op).IsRefusedBy("BIND-072", "flags", 0x40);
        FirstRefusal(Open, op).IsRefusedBy("BIND-072", "flags", 0x40);
    }

    [Fact]
    [Rule("BIND-070")]
    public void Example_19_reserved_PAT_index() => FirstRefusal(Final, Map with { PatIndex = 17 }).IsRefusedBy("BIND-070", "pat_index", 17);

    [Fact]
    [Rule("BIND-047")]
    public void A_range_is_held_against_the_size_of_the_VM_without_wrapping()
    {
        Range(0, End).IsAccepted();
        Range(End - 0x1000, 0x1000).IsAccepted();
        Range(0, End + 0x1000).IsRefusedBy("BIND-047", "range", End + 0x1000);
        Range(End, 0x1000).IsRefusedBy("BIND-047", "addr", End);
        Range(ulong.MaxValue - 0xfff, 0x2000).IsRefusedBy("BIND-047", "addr", ulong.MaxValue - 0xfff);
        Range(0x1000, ulong.MaxValue - 0xfff).IsRefusedBy("BIND-047", "range", ulong.MaxValue - 0xfff);

        static Rejection Range(ulong addr, ulong range) =>
            VmBindRangeChecks.Validate(Map with { Addr = addr, Range = range }, Final.Context);
    }

    private static void AssertRefusedMirror(Func<DrmXeVmBindOp, DrmXeVmBindOp> change) =>
        AssertErrnos(Errno.EINVAL, Errno.EOPNOTSUPP, Errno.EINVAL, change, setting => setting);

    private static void AssertErrnos(
        Errno final, Errno gated, Errno open, Func<DrmXeVmBindOp, DrmXeVmBindOp> change, Func<BindSetting, BindSetting> place)
    {
        Assert.Equal(final, FirstRefusal(place(Final), change(Mirror)).Errno);
        Assert.Equal(gated, FirstRefusal(place(Gated), change(SeedMirror)).Errno);
        Assert.Equal(open, FirstRefusal(place(Open), change(SeedMirror)).Errno);
    }

    /// <summary>What VM_BIND refuses first: all ops through the argument checks, then all against the VM's size.</summary>
    private static Rejection FirstRefusal(BindSetting setting, params DrmXeVmBindOp[] ops)
    {
        foreach (var op in ops)
        {
            if (setting.Check(op) is { IsRejected: true } rejection)
                return rejection;
        }

        return ops.Select(op => VmBindRangeChecks.Validate(op, setting.Context)).FirstOrDefault(rejection => rejection.IsRejected);
    }
}
