using XePt.Gpuva;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 9: from bind ops to GPUVA ops.</summary>
public class RequestRuleTests
{
    [Theory]
    [InlineData(VmBindOp.Map)]
    [InlineData(VmBindOp.MapUserptr)]
    [Rule("BIND-129")]
    public void Both_kinds_of_map_split_what_is_there(VmBindOp op)
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x1000));
        uint x = scene.Bo("X", 0x3000), y = scene.Bo("Y", 0x1000);
        scene.Do(Op.Map(x, A, 0x3000));

        scene.Do(op == VmBindOp.Map ? Op.Map(y, A + 0x1000, 0x1000) : Op.Userptr(0x7000_0000, A + 0x1000, 0x1000));

        string middle = op == VmBindOp.Map ? "BO Y(0)" : "userptr(0x7000_0000)";
        scene.ListIs(
            "[0x1_0000_0000, 0x1_0000_1000) BO X(0)", $"[0x1_0000_1000, 0x1_0000_2000) {middle}",
            "[0x1_0000_2000, 0x1_0000_3000) BO X(0x2000)");
        Assert.Equal([GpuvaAction.Remap, GpuvaAction.Map], scene.Actions.Select(action => action.Action));
    }

    [Fact]
    [Rule("BIND-130")]
    [Rule("SVM-130")]
    public void Widening_takes_one_step_each_way()
    {
        using var scene = new BindScene();
        // Two pairs of adjacent mirrors: advice keeps the inner and the outer one of each pair apart while the list is made.
        scene.Do(scene.Mirror(0, 0x1_0000));
        scene.VmaAt(0).Attributes.Atomic = AtomicAccess.Cpu;
        scene.Do(scene.Mirror(0x1_0000, 0x1_0000), scene.Mirror(0x3_0000, 0x1_0000));
        scene.VmaAt(0x3_0000).Attributes.Atomic = AtomicAccess.Cpu;
        scene.Do(scene.Mirror(0x4_0000, 0x1_0000));
        scene.VmaAt(0).Attributes.Atomic = scene.VmaAt(0x3_0000).Attributes.Atomic = AtomicAccess.Undefined;

        scene.Do(scene.Mirror(0x2_0000, 0x1_0000));

        scene.ListIs("[0, 0x1_0000) mirror", "[0x1_0000, 0x4_0000) mirror", "[0x4_0000, 0x5_0000) mirror");
    }

    [Fact]
    [Rule("BIND-130")]
    public void Widening_stops_at_the_ends_of_the_vm()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, 0x1000), scene.Mirror(E - 0x1000, 0x1000));
        scene.Do(scene.Mirror(0, 0x1000), scene.Mirror(E - 0x1000, 0x1000));
        scene.ListIs("[0, 0x1000) mirror", "[0xffff_ffff_f000, E) mirror");
        scene.Do(scene.Mirror(0x1000, E - 0x2000));
        scene.ListIs("[0, E) mirror");
    }

    [Fact]
    [Rule("BIND-130")]
    public void Other_kinds_do_not_widen_and_a_hole_of_a_page_on_the_left_separates()
    {
        using var scene = new BindScene();
        scene.Do(Op.Null(0, 0x1000), Op.Null(0x2000, 0x1000), scene.Mirror(0x1000, 0x1000));
        scene.ListIs("[0, 0x1000) null", "[0x1000, 0x2000) mirror", "[0x2000, 0x3000) null");
        scene.Do(scene.Mirror(A, 0x1000), scene.Mirror(A + 0x2000, 0x1000));
        Assert.Equal(5, scene.Vm.VmaCount);
    }

    [Theory]
    [InlineData("read-only", true)]
    [InlineData("dumpable", true)]
    [InlineData("autoreset", true)]
    [InlineData("default PAT", true)]
    [InlineData("PAT", false)]
    [InlineData("atomic", false)]
    [InlineData("preferred location", false)]
    [InlineData("migration policy", false)]
    [Rule("BIND-131")]
    [Rule("SVM-130")]
    [Rule("MADV-003")]
    public void Advice_prevents_merging_flags_do_not(string difference, bool merges)
    {
        using var scene = new BindScene();
        VmBindFlags flags = difference switch
        {
            "read-only" => VmBindFlags.ReadOnly,
            "dumpable" => VmBindFlags.Dumpable,
            "autoreset" => VmBindFlags.MadviseAutoreset,
            _ => 0,
        };
        scene.Do(scene.Mirror(A, 0x1000, flags) with { PatIndex = (ushort)(difference == "default PAT" ? 3 : 2) });
        ref VmaAttributes attributes = ref scene.VmaAt(A).Attributes;
        switch (difference)
        {
            case "PAT":
                attributes.Pat = 3;
                break;
            case "atomic":
                attributes.Atomic = AtomicAccess.Global;
                break;
            case "preferred location":
                attributes.PreferredDevice = -1;
                break;
            case "migration policy":
                attributes.MigrationPolicy = 1;
                break;
        }

        scene.Do(scene.Mirror(A - 0x1000, 0x1000), scene.Mirror(A + 0x1000, 0x1000));
        Assert.Equal(merges ? 1 : 3, scene.Vm.VmaCount);
    }

    [Fact]
    [Rule("BIND-132")]
    [Rule("SVM-130")]
    public void A_mirror_strictly_inside_a_default_one_replaces_all_of_it()
    {
        using BindScene scene = AfterEx1();
        int old = scene.SlotAt(0);
        scene.Do(scene.Mirror(A, 0x1000, VmBindFlags.Dumpable));
        scene.ListIs("[0, E) mirror");
        Assert.NotEqual(old, scene.SlotAt(0));
        Assert.True(scene.Vm.FindVma(0)!.Value.IsDumpable);
    }

    [Fact]
    [Rule("BIND-133")]
    public void A_vma_of_another_kind_behind_the_end_is_never_unmapped()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x1000);
        scene.Do(scene.Mirror(0x2000, 0x1000), Op.Map(x, 0x1000, 0x1000));
        scene.Populate(0x2000, 0x3000);
        scene.Do(scene.Mirror(0, 0x1000));
        scene.ListIs("[0, 0x1000) mirror", "[0x1000, 0x2000) BO X(0)", "[0x2000, 0x3000) mirror");
    }

    [Fact]
    [Rule("BIND-134")]
    [Rule("BIND-183")]
    [Rule("SVM-126")]
    public void A_mirror_map_lets_this_and_later_ops_remove_mirrors_with_ranges()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(A, 0x1_0000));
        scene.Populate(A, A + 0x1000);
        DrmXeVmBindOp remove = Op.Unmap(A, 0x1_0000), elsewhere = scene.Mirror(0, 0x1000);
        scene.Refuses(Errno.EBUSY, "BIND-183", remove);
        scene.Refuses(Errno.EBUSY, "BIND-183", remove, elsewhere);
        scene.Do(elsewhere, remove);
        scene.ListIs("[0, 0x1000) mirror");
        // The range is left without a mirror.
        Assert.Equal((1, TranslationStatus.Mapped), (scene.Vm.Context.Ranges.Count, scene.Vm.Translate(A).Status));
    }

    [Fact]
    [Rule("BIND-134")]
    [Rule("BIND-182")]
    public void A_split_is_refused_even_then()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(A, 0x1_0000));
        scene.Populate(A, A + 0x1000);
        scene.Refuses(Errno.EBUSY, "BIND-182", scene.Mirror(0, 0x1000), Op.Unmap(A, 0x1000));
    }

    [Fact]
    [Rule("BIND-135")]
    public void An_unmap_over_holes_takes_what_is_there()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 0x1000), Op.Null(A + 0x8000, 0x1000));
        scene.Do(Op.Unmap(A - 0x10_0000, 0x20_0000));
        Assert.Equal(2, scene.PtOps);
        scene.ListIs();
    }

    [Fact]
    [Rule("BIND-136")]
    public void An_unmap_all_takes_every_mapping_of_the_bo_in_this_vm_only()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x3000), y = scene.Bo("Y", 0x1000);
        var elsewhere = new DrmXeVmBind { VmId = scene.CreateVm(0).Id };
        Assert.Equal(Errno.Ok, scene.Bind(elsewhere, [], Op.Map(x, A, 0x1000)));
        scene.Do(Op.Map(x, 2 * A, 0x1000), Op.Map(y, 3 * A, 0x1000), Op.Map(x, A, 0x3000));
        scene.Do(Op.Unmap(A + 0x1000, 0x1000));

        scene.Do(Op.UnmapAll(x));

        Assert.Equal([2 * A, A, A + 0x2000], scene.Actions.Select(action => action.Start));
        scene.ListIs("[0x3_0000_0000, 0x3_0000_1000) BO Y(0)");
        Assert.Equal(1, scene.File.FindVm(elsewhere.VmId)!.VmaCount);
    }

    [Fact]
    [Rule("BIND-138")]
    public void A_map_is_decorated_with_what_its_flags_say()
    {
        using var scene = new BindScene(vmFlags: 7);
        uint x = scene.Bo("X", 0x4000);
        VmBindFlags all = VmBindFlags.ReadOnly | VmBindFlags.Dumpable | VmBindFlags.Immediate;
        scene.Do(Op.Map(x, A, 0x1000, 0, all) with { PatIndex = 3 }, Op.Map(x, 2 * A, 0x2000, 0x1000));

        GpuvaActionInfo first = scene.Actions[0], second = scene.Actions[1];
        Assert.Equal(
            (VmBindFlags.ReadOnly | VmBindFlags.Dumpable, (ushort)3, true, false, 0ul),
            (first.Flags, first.PatIndex, first.Immediate, first.InvalidateOnBind, first.Offset));
        Assert.Equal(
            (VmBindFlags.None, (ushort)2, false, true, 0x1000ul),
            (second.Flags, second.PatIndex, second.Immediate, second.InvalidateOnBind, second.Offset));
        Assert.Equal(scene.File.FindBo(x)!.Number, second.BoNumber);
    }

    [Fact]
    [Rule("BIND-139")]
    public void Only_the_first_vma_that_is_no_mirror_learns_the_region()
    {
        using var scene = new BindScene();
        scene.Do(
            scene.Mirror(A, 0x1000), Op.Map(scene.Bo("X", 0x1000, placement: 3), A + 0x1000, 0x1000, flags: VmBindFlags.Immediate),
            Op.Null(A + 0x2000, 0x1000), Op.Map(scene.Bo("Y", 0x1000, placement: 3), A + 0x3000, 0x1000, flags: VmBindFlags.Immediate));

        scene.Do(Op.Prefetch(A, 0x4000, region: 1));

        Assert.Equal([0u, 1u, 0u, 0u], scene.Actions.Select(action => action.Region));
        Assert.Equal([1, 0], scene.File.Bos.Select(bo => bo.Region!.Value));
    }

    [Fact]
    [Rule("BIND-140")]
    [Rule("PFT-004")]
    public void The_advised_region_leaves_a_bo_where_it_is_and_rebinds_it()
    {
        using var scene = new BindScene();
        scene.Do(Op.Map(scene.Bo("X", 0x1000, placement: 3), A, 0x1000));
        ulong place = Assert.Single(scene.File.Bos).Segments[0].Address;

        scene.Do(Op.Prefetch(A, 0x1000, region: uint.MaxValue));

        Assert.Equal(1, scene.PtOps);
        Assert.Equal((1, place), (Assert.Single(scene.File.Bos).Region, scene.Vm.Translate(A).Address));
    }

    [Fact]
    [Rule("BIND-137")]
    public void A_prefetch_binds_whole_vmas_also_where_it_touches_a_page_only()
    {
        using var scene = new BindScene();
        scene.Do(Op.Null(A, 0x1_0000), Op.Null(A + 0x1_0000, 0x1_0000), Op.Null(A + 0x3_0000, 0x1000));
        scene.Do(Op.Prefetch(A + 0xf000, 0x2000, region: 0));
        Assert.Equal([(A, A + 0x1_0000), (A + 0x1_0000, A + 0x2_0000)], scene.Actions.Select(action => (action.Start, action.End)));
        Assert.Equal([1, 1, 0], scene.Vm.GetVmas().Select(vma => (int)vma.TilePresent));
        Assert.Equal(TranslationStatus.Null, scene.Vm.Translate(A + 0x1_f000).Status);
    }
}
