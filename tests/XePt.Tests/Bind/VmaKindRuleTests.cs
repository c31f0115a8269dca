using XePt.Devices;
using XePt.Gpuva;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 13: kinds of VMAs, what they hold, their tile masks.</summary>
public class VmaKindRuleTests
{
    [Fact]
    [Rule("BIND-224")]
    [Rule("BIND-229")]
    public void A_bo_vma_links_and_references_its_bo_from_create_to_destroy()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x3000);
        XeBo bo = scene.File.FindBo(x)!;
        scene.Do(Op.Map(x, A, 0x3000));
        Assert.Equal((2, 0x0ul), (bo.Object.References, scene.Vm.FindVma(A)!.Value.Offset));
        Assert.Equal(scene.SlotAt(A), scene.Vm.Context.Space.BoVmas.First(bo.Number));

        scene.Do(Op.Unmap(A + 0x1000, 0x1000));
        Assert.Equal((3, 0x2000ul), (bo.Object.References, scene.Vm.FindVma(A + 0x2000)!.Value.Offset));
        Assert.Equal(scene.SlotAt(A + 0x2000), scene.Vm.Context.Space.BoVmas.Next(scene.Vm.Context.Space.BoVmas.First(bo.Number)));

        scene.Do(Op.Unmap(A, 0x3000));
        Assert.Equal((1, 0), (bo.Object.References, scene.Vm.Context.Space.BoVmas.First(bo.Number)));
    }

    [Fact]
    [Rule("BIND-225")]
    [Rule("BIND-226")]
    public void A_null_vma_and_a_mirror_hold_nothing_but_their_place()
    {
        using var scene = new BindScene();
        scene.Do(Op.Null(0, 0x1000), scene.Mirror(A, 0x1000));
        foreach (ulong va in new[] { 0ul, A })
        {
            Vma vma = scene.VmaAt(va);
            Assert.Equal((0, 0, 0ul, 0), (vma.Bo, vma.Userptr, vma.Offset, vma.UserFence));
        }
    }

    [Fact]
    [Rule("BIND-092")]
    [Rule("BIND-226")]
    public void Null_and_mirror_together_make_a_mirror()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(A, 0x1000, VmBindFlags.Null));
        VmaInfo vma = scene.Vm.FindVma(A)!.Value;
        Assert.Equal((VmaKind.Mirror, true, 0), (vma.Kind, vma.IsNull, scene.PtOps));
    }

    [Fact]
    [Rule("BIND-227")]
    [Rule("BIND-229")]
    public void A_userptr_keeps_its_pages_until_it_is_gone()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x2000));
        scene.Do(Op.Userptr(0x7000_0000, A, 0x2000));
        Assert.True(scene.File.UnmapCpuMemory(0x7000_0000));
        Assert.Equal(0x3_0000_1000ul, scene.Vm.Translate(A + 0x1000).Address);

        // The same CPU address may hold other memory by now; the old VMA is not affected by it, nor by its own end.
        Assert.True(scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x5_0000_0000, 0x2000)));
        scene.Do(Op.Userptr(0x7000_0000, 2 * A, 0x2000));
        Assert.Equal((0x3_0000_0000ul, 0x5_0000_0000ul), (scene.Vm.Translate(A).Address, scene.Vm.Translate(2 * A).Address));
        scene.Do(Op.Unmap(A, 0x2000));
        Assert.Equal(0x5_0000_1000ul, scene.Vm.Translate((2 * A) + 0x1000).Address);
    }

    [Fact]
    [Rule("BIND-229")]
    public void A_removed_range_is_free_for_the_next_op_of_the_same_call()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 0x2000));
        scene.Do(Op.Unmap(A, 0x2000), Op.Map(scene.Bo("X", 0x2000), A, 0x2000));
        scene.ListIs("[0x1_0000_0000, 0x1_0000_2000) BO X(0)");
    }

    [Theory]
    [InlineData("bmg", 1)]
    [InlineData("pvc-2t", 3)]
    [Rule("BIND-233")]
    [Rule("Q-14")]
    [Rule("BIND-234")]
    [Rule("BIND-235")]
    [Rule("BIND-236")]
    [Rule("BIND-237")]
    [Rule("BIND-267")]
    public void The_tile_masks_follow_bind_zap_fault_and_split(string name, int all)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        using var scene = new BindScene(vmFlags: 6, platform: platform);
        var pat = (ushort)platform.Pat.IndexWriteBack;
        scene.Do(Op.Map(scene.Bo("X", 4 * MiB), A, 4 * MiB) with { PatIndex = pat });
        AssertMasks(A, present: 0, invalidated: 0);
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
        AssertMasks(A, present: 0, invalidated: all);
        Assert.Equal(0, scene.Vm.Counters.ZapInvalidations);

        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        AssertMasks(A, present: all, invalidated: 0);
        Assert.True(scene.VmaAt(A).HasValidMapping(0));
        Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
        AssertMasks(A, present: all, invalidated: all);
        Assert.False(scene.VmaAt(A).HasValidMapping(0));
        Assert.False(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(1, scene.Vm.Counters.ZapInvalidations);

        scene.Do(Op.Prefetch(A, 0x1000, 1) with { PatIndex = pat });
        AssertMasks(A, present: all, invalidated: 0);
        scene.Do(Op.Unmap(A, MiB) with { PatIndex = pat });
        AssertMasks(A + MiB, present: all, invalidated: 0);

        void AssertMasks(ulong va, int present, int invalidated)
        {
            VmaInfo vma = scene.Vm.FindVma(va)!.Value;
            Assert.Equal((all, present, 0, invalidated), (vma.TileMask, vma.TilePresent, vma.TileStaged, vma.TileInvalidated));
        }
    }

    [Fact]
    [Rule("BIND-200")]
    [Rule("BIND-234")]
    public void A_map_that_only_invalidates_stays_staged_and_its_unmap_still_works()
    {
        using var scene = new BindScene(vmFlags: 7);
        int tables = scene.Device.TablesInUse;
        scene.Do(Op.Map(scene.Bo("X", 0x1000), A, 0x1000));
        Assert.Equal((0, 1), (scene.VmaAt(A).TilePresent, scene.VmaAt(A).TileStaged));
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);

        scene.Do(Op.Unmap(A, 0x1000));
        scene.AssertStaged(false);
        Assert.Equal(TranslationStatus.Null, scene.Vm.Translate(A).Status);
        Assert.Equal(tables, scene.Device.TablesInUse);
    }

    [Theory]
    [InlineData(XeProfile.Final)]
    [InlineData(XeProfile.SeedOpen)]
    [Rule("BIND-238")]
    public void The_masks_of_a_mirror_stay_zero_whatever_is_populated_in_it(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        scene.Populate(0x2000_0000, 0x2001_0000);
        VmaInfo mirror = Assert.Single(scene.Vm.GetVmas());
        Assert.Equal((0, 0, 0), (mirror.TilePresent, mirror.TileStaged, mirror.TileInvalidated));
        Assert.True(scene.Vm.Translate(0x2000_0000).IsPresent);

        Assert.True(scene.Vm.ZapRange(new(0x2000_0000, 0x2001_0000)));
        Assert.False(scene.Vm.Translate(0x2000_0000).IsPresent);
        Assert.Equal(0, scene.VmaAt(0).TileInvalidated);
    }

    [Fact]
    [Rule("BIND-246")]
    [Rule("BIND-248")]
    public void A_flush_goes_with_an_unbind_and_with_a_first_bind_over_scratch_in_a_long_running_vm()
    {
        foreach ((uint vmFlags, bool first) in new[] { (0u, false), (1u, false), (2u, false), (3u, true), (7u, true) })
        {
            using var scene = new BindScene(vmFlags);
            uint x = scene.Bo("X", 0x2000);
            scene.Do(Op.Map(x, A, 0x2000, 0, VmBindFlags.Immediate));
            Assert.Equal((vmFlags, first), (vmFlags, scene.Tile.NeedsInvalidation));

            ulong seqno = scene.Vm.TlbFlushSeqno;
            scene.Do(Op.Prefetch(A, 0x1000, 1));
            Assert.False(scene.Tile.NeedsInvalidation);
            Assert.Equal(vmFlags < 2 ? 1ul : 0, scene.Vm.TlbFlushSeqno - seqno);

            scene.Do(Op.Unmap(A, 0x2000));
            Assert.True(scene.Tile.NeedsInvalidation);
        }
    }
}
