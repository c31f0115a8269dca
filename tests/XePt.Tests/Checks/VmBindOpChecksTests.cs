using XePt.Uapi;
using static XePt.Tests.Checks.BindSetting;

namespace XePt.Tests.Checks;

/// <summary>Each per-op check of VM_BIND by itself: the other fields are right.</summary>
public class VmBindOpChecksTests
{
    private static readonly BindSetting Final = new();
    private static readonly BindSetting Gated = new() { Profile = XeProfile.SeedGated };
    private static readonly BindSetting Open = new() { Profile = XeProfile.SeedOpen };

    [Fact]
    public void Well_formed_ops_of_every_kind_are_accepted()
    {
        Final.Check(Map).IsAccepted();
        Final.Check(Map with { Obj = 0, Flags = VmBindFlags.Null }).IsAccepted();
        Final.Check(Mirror).IsAccepted();
        Final.Check(Mirror with { Flags = VmBindFlags.CpuAddrMirror | VmBindFlags.MadviseAutoreset }).IsAccepted();
        Final.Check(MapUserptr).IsAccepted();
        Final.Check(Unmap).IsAccepted();
        Final.Check(UnmapAll).IsAccepted();
        Final.Check(Prefetch).IsAccepted();
        Open.Check(SeedMirror).IsAccepted();
    }

    [Fact]
    [Rule("BIND-067")]
    [Rule("SVM-021")]
    public void The_gated_seed_refuses_every_mirror()
    {
        Gated.Check(SeedMirror).IsRefusedBy("BIND-067", "flags", 0x10, Errno.EOPNOTSUPP);
        Gated.Check(Map).IsAccepted();
    }

    [Fact]
    [Rule("BIND-068")]
    [Rule("SVM-010")]
    public void A_mirror_needs_a_VM_in_fault_mode()
    {
        (Final with { Mode = VmMode.PreemptFence }).Check(Mirror).IsRefusedBy("BIND-068", "flags", 0x20);
        (Final with { Mode = VmMode.DmaFence }).Check(Mirror).IsRefusedBy("BIND-068", "flags", 0x20);
        (Open with { Mode = VmMode.PreemptFence }).Check(SeedMirror).IsRefusedBy("BIND-068", "flags", 0x10);
    }

    [Fact]
    [Rule("BIND-068")]
    [Rule("BIND-003")]
    public void A_mirror_needs_SVM_in_Final_only()
    {
        (Final with { SvmPresent = false }).Check(Mirror).IsRefusedBy("BIND-068", "flags", 0x20);
        (Open with { SvmPresent = false }).Check(SeedMirror).IsAccepted();
    }

    [Fact]
    [Rule("BIND-069")]
    [Rule("BIND-093")]
    [Rule("PT-045")]
    public void A_PAT_index_beyond_the_table_is_refused_for_every_kind_of_op()
    {
        const ushort beyond = PatCount;
        foreach (var op in new[] { Map, Map with { Obj = 0, Flags = VmBindFlags.Null }, Mirror, MapUserptr, Unmap, UnmapAll, Prefetch })
            Final.Check(op with { PatIndex = beyond }).IsRefusedBy("BIND-069", "pat_index", beyond);
        Final.Check(Map with { PatIndex = beyond - 1 }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-070")]
    [Rule("BIND-093")]
    [Rule("PT-045")]
    [Rule("RN-046")]
    [Rule("SVM-133")]
    public void A_reserved_PAT_entry_is_refused_for_every_kind_of_op()
    {
        foreach (var op in new[] { Map, Map with { Obj = 0, Flags = VmBindFlags.Null }, Mirror, MapUserptr, Unmap, UnmapAll, Prefetch })
        {
            for (ushort index = 16; index <= 19; index++)
                Final.Check(op with { PatIndex = index }).IsRefusedBy("BIND-070", "pat_index", index);
        }
    }

    [Fact]
    [Rule("BIND-071")]
    public void Ops_above_PREFETCH_do_not_exist()
    {
        Final.Check(Map with { Op = (VmBindOp)5 }).IsRefusedBy("BIND-071", "op", 5);
        Final.Check(Map with { Op = (VmBindOp)uint.MaxValue }).IsRefusedBy("BIND-071", "op", uint.MaxValue);
    }

    [Fact]
    [Rule("BIND-072")]
    public void Final_knows_flag_bits_0_to_6_and_the_seed_0_to_4()
    {
        for (var bit = 0; bit < 32; bit++)
        {
            Assert.Equal(bit > 6, IsUnknown(Final, bit));
            Assert.Equal(bit > 4, IsUnknown(Open, bit));
            Assert.Equal(bit > 4, IsUnknown(Gated, bit));
        }

        // A mirror or NULL flag may be refused for other reasons, but not as unknown.
        static bool IsUnknown(BindSetting setting, int bit) =>
            setting.Check(Map with { Flags = (VmBindFlags)(1u << bit) }).RuleId == "BIND-072";
    }

    [Fact]
    [Rule("BIND-072")]
    [Rule("BIND-220")]
    public void Debug_builds_know_the_error_injection_flag()
    {
        Final.Check(Map with { Flags = VmBindFlags.ForceOpError }).IsRefusedBy("BIND-072", "flags", 0x8000_0000);
        (Final with { DebugBuild = true }).Check(Map with { Flags = VmBindFlags.ForceOpError }).IsAccepted();
        (Open with { DebugBuild = true }).Check(SeedMirror with { Flags = SeedMirror.Flags | VmBindFlags.ForceOpError }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-073")]
    public void A_NULL_or_mirror_binding_has_no_BO()
    {
        Final.Check(Mirror with { Obj = 3 }).IsRefusedBy("BIND-073", "obj", 3);
        Final.Check(Map with { Flags = VmBindFlags.Null }).IsRefusedBy("BIND-073", "obj", 1);
        Open.Check(SeedMirror with { Obj = 3 }).IsRefusedBy("BIND-073", "obj", 3);
    }

    [Fact]
    [Rule("BIND-074")]
    [Rule("BIND-261")]
    [Rule("SVM-012")]
    public void A_NULL_or_mirror_binding_has_no_offset()
    {
        Final.Check(Mirror with { CpuAddrMirrorOffset = -4096 }).IsRefusedBy("BIND-074", "obj_offset", unchecked((ulong)-4096));
        Final.Check(Map with { Obj = 0, Flags = VmBindFlags.Null, ObjOffset = 0x1000 }).IsRefusedBy("BIND-074", "obj_offset", 0x1000);
        Open.Check(SeedMirror with { ObjOffset = 0x1000 }).IsRefusedBy("BIND-074", "obj_offset", 0x1000);
    }

    [Fact]
    [Rule("BIND-075")]
    public void NULL_and_mirror_go_with_MAP_only()
    {
        Final.Check(Unmap with { Flags = VmBindFlags.CpuAddrMirror }).IsRefusedBy("BIND-075", "op", 1);
        Final.Check(Prefetch with { Flags = VmBindFlags.Null }).IsRefusedBy("BIND-075", "op", 4);
        Open.Check(Prefetch with { Flags = SeedMirror.Flags }).IsRefusedBy("BIND-075", "op", 4);
    }

    [Fact]
    [Rule("BIND-076")]
    public void MAP_needs_a_BO_unless_it_is_NULL_or_a_mirror() => Final.Check(Map with { Obj = 0 }).IsRefusedBy("BIND-076", "obj", 0);

    [Fact]
    [Rule("BIND-077")]
    public void UNMAP_ALL_needs_a_BO() => Final.Check(UnmapAll with { Obj = 0 }).IsRefusedBy("BIND-077", "obj", 0);

    [Fact]
    [Rule("BIND-078")]
    public void UNMAP_ALL_takes_no_address() => Final.Check(UnmapAll with { Addr = 0x1000 }).IsRefusedBy("BIND-078", "addr", 0x1000);

    [Fact]
    [Rule("BIND-079")]
    public void UNMAP_ALL_takes_no_range() => Final.Check(UnmapAll with { Range = 0x1000 }).IsRefusedBy("BIND-079", "range", 0x1000);

    [Fact]
    [Rule("BIND-080")]
    [Rule("UPTR-001")]
    public void MAP_USERPTR_takes_no_BO() => Final.Check(MapUserptr with { Obj = 2 }).IsRefusedBy("BIND-080", "obj", 2);

    [Fact]
    [Rule("BIND-081")]
    [Rule("PT-046")]
    [Rule("UPTR-001")]
    public void MAP_USERPTR_needs_a_coherent_PAT_entry() =>
        Final.Check(MapUserptr with { PatIndex = 0 }).IsRefusedBy("BIND-081", "pat_index", 0);

    [Fact]
    [Rule("BIND-082")]
    [Rule("PT-046")]
    [Rule("UPTR-001")]
    public void MAP_USERPTR_cannot_compress_in_Final_only()
    {
        Final.Check(MapUserptr with { PatIndex = 8 }).IsRefusedBy("BIND-082", "pat_index", 8);
        Open.Check(MapUserptr with { PatIndex = 8 }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-083")]
    [Rule("BIND-003")]
    public void MAP_USERPTR_needs_userptr_support_in_Final_only()
    {
        (Final with { UserptrPresent = false }).Check(MapUserptr).IsRefusedBy("BIND-083", "op", 2);
        (Open with { UserptrPresent = false }).Check(MapUserptr).IsAccepted();
    }

    [Fact]
    [Rule("BIND-084")]
    public void PREFETCH_takes_no_BO() => Final.Check(Prefetch with { Obj = 2 }).IsRefusedBy("BIND-084", "obj", 2);

    [Fact]
    [Rule("BIND-085")]
    public void Only_PREFETCH_names_a_region()
    {
        Final.Check(Map with { PrefetchMemRegionInstance = 1 }).IsRefusedBy("BIND-085", "prefetch_mem_region_instance", 1);
        Final.Check(Unmap with { PrefetchMemRegionInstance = uint.MaxValue })
            .IsRefusedBy("BIND-085", "prefetch_mem_region_instance", uint.MaxValue);
    }

    [Fact]
    [Rule("BIND-086")]
    [Rule("UAPI-013")]
    public void PREFETCH_names_an_existing_region_or_asks_for_advice()
    {
        Final.Check(Prefetch with { PrefetchMemRegionInstance = 0 }).IsAccepted();
        Final.Check(Prefetch with { PrefetchMemRegionInstance = uint.MaxValue }).IsAccepted();
        foreach (var region in new uint[] { 2, 31, 32, 33, uint.MaxValue - 1 })
            Final.Check(Prefetch with { PrefetchMemRegionInstance = region })
                .IsRefusedBy("BIND-086", "prefetch_mem_region_instance", region);
    }

    [Fact]
    [Rule("BIND-087")]
    public void UNMAP_takes_no_BO() => Final.Check(Unmap with { Obj = 2 }).IsRefusedBy("BIND-087", "obj", 2);

    [Fact]
    [Rule("BIND-088")]
    [Rule("SVM-133")]
    public void Autoreset_goes_with_a_mirror_MAP_only()
    {
        Final.Check(Map with { Flags = VmBindFlags.MadviseAutoreset }).IsRefusedBy("BIND-088", "flags", 0x40);
        Final.Check(Unmap with { Flags = VmBindFlags.MadviseAutoreset }).IsRefusedBy("BIND-088", "flags", 0x40);
    }

    [Fact]
    [Rule("BIND-089")]
    [Rule("UPTR-001")]
    public void Offset_address_and_range_are_4_KiB_aligned_for_every_op()
    {
        Final.Check(Map with { ObjOffset = 0x800, Addr = 1 }).IsRefusedBy("BIND-089", "obj_offset", 0x800);
        Final.Check(MapUserptr with { Userptr = 0x7f00_0000_0800 }).IsRefusedBy("BIND-089", "obj_offset", 0x7f00_0000_0800);
        Final.Check(Unmap with { Addr = 0x1800 }).IsRefusedBy("BIND-089", "addr", 0x1800);
        Final.Check(Mirror with { Range = 0xfff }).IsRefusedBy("BIND-089", "range", 0xfff);
        Final.Check(UnmapAll with { ObjOffset = 1 }).IsRefusedBy("BIND-089", "obj_offset", 1);
    }

    [Fact]
    [Rule("BIND-090")]
    public void Only_UNMAP_ALL_has_an_empty_range()
    {
        foreach (var op in new[] { Map, Mirror, MapUserptr, Unmap, Prefetch })
            Final.Check(op with { Range = 0 }).IsRefusedBy("BIND-090", "range", 0);
    }

    [Fact]
    [Rule("BIND-092")]
    [Rule("UAPI-003")]
    public void Extensions_padding_and_reserved_words_of_an_op_are_not_looked_at()
    {
        var op = Map with { Extensions = 1, Pad = 1, Pad2 = 1 };
        op.Reserved[2] = 1;
        Final.Check(op).IsAccepted();
    }

    [Theory]
    [Rule("BIND-092")]
    [InlineData(VmBindFlags.ReadOnly)]
    [InlineData(VmBindFlags.Immediate)]
    [InlineData(VmBindFlags.Dumpable)]
    [InlineData(VmBindFlags.CheckPxp)]
    public void Flags_that_act_on_MAP_are_accepted_with_any_op(VmBindFlags flag)
    {
        foreach (var op in new[] { Map, MapUserptr, Unmap, UnmapAll, Prefetch })
            Final.Check(op with { Flags = flag }).IsAccepted();
    }

    [Fact]
    [Rule("BIND-092")]
    [Rule("SVM-133")]
    public void NULL_and_mirror_together_are_accepted_in_fault_mode() =>
        Final.Check(Mirror with { Flags = VmBindFlags.Null | VmBindFlags.CpuAddrMirror }).IsAccepted();
}
