using XePt.Gpuva;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Seed;

/// <summary>Seed hunks 18 to 24: parsing of GPUVA ops, the skip rule and the counting of PT ops.</summary>
public class ParseHunkTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [InlineData(XeProfile.Final, 6u, VmBindFlags.None, 0)]
    [InlineData(XeProfile.Final, 6u, VmBindFlags.Immediate, 0)]
    [InlineData(XeProfile.Final, 7u, VmBindFlags.None, 1)]
    [InlineData(XeProfile.Final, 7u, VmBindFlags.Immediate, 0)]
    [InlineData(XeProfile.SeedOpen, 6u, VmBindFlags.None, 0)]
    [InlineData(XeProfile.SeedOpen, 6u, VmBindFlags.Immediate, 0)]
    [InlineData(XeProfile.SeedOpen, 7u, VmBindFlags.None, 0)]
    [InlineData(XeProfile.SeedOpen, 7u, VmBindFlags.Immediate, 0)]
    [SeedHunk(18)]
    [SeedHunk(19)]
    [Rule("BIND-177")]
    public void A_mirror_map_counts_a_pt_op_only_where_the_final_driver_invalidates_on_bind(
        XeProfile profile, uint vmFlags, VmBindFlags flags, int ptOps)
    {
        using var scene = new BindScene(vmFlags, profile);
        scene.Do(scene.Mirror(0, E, flags));
        Assert.Equal(ptOps, scene.PtOps);
        Assert.Equal(VmaKind.Mirror, scene.Vm.FindVma(0)!.Value.Kind);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(20)]
    [SeedHunk(21)]
    [SeedHunk(23)]
    [Rule("BIND-184")]
    public void Both_pieces_of_a_mirror_are_skipped_wherever_the_cuts_are(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        scene.Do(Op.Unmap(0x12_3000, 0x1000));
        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.True(remap.Previous!.Value.IsSkipped);
        Assert.True(remap.Next!.Value.IsSkipped);
        Assert.Equal((0x12_3000ul, 0x12_4000ul), (remap.UnbindStart, remap.UnbindEnd));
        scene.AssertNothingWasSubmitted();
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(21)]
    [SeedHunk(23)]
    [Rule("BIND-184")]
    public void The_pieces_of_another_vma_are_skipped_by_the_alignment_of_their_cut(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Do(Op.Null(0, 4ul << 30, VmBindFlags.Immediate));
        scene.Do(Op.Unmap(0x12_3000, 0x4000_0000 - 0x12_3000));
        GpuvaActionInfo remap = Assert.Single(scene.Actions);
        Assert.False(remap.Previous!.Value.IsSkipped);
        Assert.True(remap.Next!.Value.IsSkipped);
        Assert.Equal(2, scene.PtOps);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(20)]
    [SeedHunk(22)]
    [Rule("BIND-179")]
    public void Either_piece_alone_inherits_every_flag(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        VmBindFlags flags = VmBindFlags.ReadOnly | VmBindFlags.Dumpable;
        scene.Do(scene.Mirror(0, 0x10_0000, flags));

        scene.Do(Op.Unmap(0, 0x1000));
        AssertPiece(scene, 0x1000);
        scene.Do(Op.Unmap(0xf_f000, 0x1000));
        AssertPiece(scene, 0x1000);
        scene.Do(Op.Unmap(0x8_0000, 0x1000));
        AssertPiece(scene, 0x1000);
        AssertPiece(scene, 0x8_1000);

        static void AssertPiece(BindScene scene, ulong va)
        {
            VmaInfo piece = scene.Vm.FindVma(va)!.Value;
            Assert.Equal((VmaKind.Mirror, true, true), (piece.Kind, piece.IsReadOnly, piece.IsDumpable));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(20)]
    [SeedHunk(22)]
    [Rule("BIND-179")]
    [Rule("BIND-181")]
    public void A_null_vma_stays_null_in_both_pieces_and_is_no_mirror(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Do(Op.Null(0, 0x10_0000, VmBindFlags.ReadOnly));
        scene.Do(Op.Unmap(0x8_0000, 0x1000));
        Assert.Equal([(VmaKind.Null, true), (VmaKind.Null, true)], scene.Vm.GetVmas().Select(vma => (vma.Kind, vma.IsReadOnly)));
    }

    [Fact]
    [SeedHunk(22)]
    [Rule("BIND-179")]
    [Rule("BIND-180")]
    [Rule("SVM-124")]
    public void The_final_driver_inherits_autoreset_and_all_attributes_too()
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, 0x10_0000, VmBindFlags.MadviseAutoreset) with { PatIndex = 4 });
        ref VmaAttributes advice = ref scene.VmaAt(0).Attributes;
        advice.Atomic = AtomicAccess.Global;
        advice.Pat = 1;

        scene.Do(Op.Unmap(0x8_0000, 0x1000));

        Assert.Equal(
            [(true, 1, 4, AtomicAccess.Global), (true, 1, 4, AtomicAccess.Global)],
            scene.Vm.GetVmas().Select(vma => (vma.IsAutoreset, (int)vma.PatIndex, (int)vma.DefaultPatIndex, vma.Atomic)));
    }

    [Fact]
    [SeedHunk(22)]
    [Rule("BIND-180")]
    public void The_seed_inherits_the_pat_index_only()
    {
        using var scene = new BindScene(profile: XeProfile.SeedOpen);
        scene.Do(scene.Mirror(0, 0x10_0000) with { PatIndex = 4 });
        scene.VmaAt(0).Attributes.Atomic = AtomicAccess.Global;
        scene.Do(Op.Unmap(0x8_0000, 0x1000));
        Assert.Equal(
            [(4, AtomicAccess.Undefined), (4, AtomicAccess.Undefined)], scene.Vm.GetVmas().Select(vma => ((int)vma.PatIndex, vma.Atomic)));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(24)]
    [Rule("BIND-188")]
    [Rule("BIND-189")]
    [Rule("BIND-190")]
    public void Remap_unmap_and_prefetch_count_for_everything_but_a_mirror(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        DrmXeVmBindOp[] ops = [Op.Prefetch(0, 0x10_0000, 0), Op.Unmap(0x8_1000, 0x1000), Op.Unmap(0, 0x8_1000)];

        scene.Do(scene.Mirror(0, 0x10_0000));
        Assert.Equal([0, 0, 0], ops.Select(Count));
        scene.Do(Op.Unmap(0, 0x10_0000));

        // A null VMA: one op to prefetch; unbind and two rebinds to split; one to remove.
        scene.Do(Op.Null(0, 0x10_0000));
        Assert.Equal([1, 3, 1], ops.Select(Count));

        int Count(DrmXeVmBindOp op)
        {
            scene.Do(op);
            return scene.PtOps;
        }
    }
}
