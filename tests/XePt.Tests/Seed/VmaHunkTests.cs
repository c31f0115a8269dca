using XePt.Gpuva;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Seed;

/// <summary>Seed hunks 10 to 16 and 35 to 38: what a mirror VMA is, in <c>xe_vma_create</c>, <c>xe_vma_destroy</c> and the
/// headers.</summary>
public class VmaHunkTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(10)]
    [SeedHunk(18)]
    [Rule("BIND-176")]
    public void The_create_flags_are_independent_of_each_other(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        VmBindFlags autoreset = profile == XeProfile.Final ? VmBindFlags.MadviseAutoreset : 0;
        VmBindFlags[] wanted = [0, VmBindFlags.ReadOnly, VmBindFlags.Dumpable, VmBindFlags.ReadOnly | VmBindFlags.Dumpable | autoreset];
        for (int i = 0; i < wanted.Length; i++)
        {
            ulong at = (ulong)i * 0x10_0000;
            scene.Do(scene.Mirror(at, 0x1000, wanted[i]));
            VmaInfo vma = scene.Vm.FindVma(at)!.Value;
            VmBindFlags got = (vma.IsReadOnly ? VmBindFlags.ReadOnly : 0) | (vma.IsDumpable ? VmBindFlags.Dumpable : 0)
                | (vma.IsAutoreset ? VmBindFlags.MadviseAutoreset : 0);
            Assert.Equal((VmaKind.Mirror, false, wanted[i]), (vma.Kind, vma.IsNull, got));
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(11)]
    [SeedHunk(13)]
    [SeedHunk(35)]
    [Rule("BIND-226")]
    [Rule("BIND-230")]
    public void The_create_flag_makes_the_vma_a_mirror_and_nothing_else_does(XeProfile profile)
    {
        using BindScene scene = WithEachKind(profile);
        Assert.Equal([true, false, false, false], Each(scene, vma => vma.IsMirror));
        Assert.Equal([true, false, false, false], Each(scene, vma => (vma.Flags & VmaFlags.Mirror) != 0));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(12)]
    [SeedHunk(14)]
    [SeedHunk(36)]
    [Rule("BIND-227")]
    [Rule("BIND-228")]
    public void A_mirror_is_no_userptr_and_pins_nothing(XeProfile profile)
    {
        using BindScene scene = WithEachKind(profile);
        Assert.Equal([true, true, true, false], Each(scene, vma => !vma.HasBo));
        Assert.Equal([false, false, true, false], Each(scene, vma => vma.IsUserptr));
        Assert.Equal([false, false, true, false], Each(scene, vma => vma.Userptr != 0));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(14)]
    [Rule("BIND-161")]
    public void A_mirror_and_its_pieces_have_offset_zero(XeProfile profile)
    {
        using BindScene scene = AfterEx2(profile);
        Assert.Equal([0ul, 0ul, 0ul], scene.Vm.GetVmas().Select(vma => vma.Offset));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(15)]
    [Rule("BIND-226")]
    public void A_removed_mirror_gives_back_what_it_held(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        ulong empty = scene.Vm.StateHash();
        scene.Do(scene.Mirror(0, E));
        scene.Do(Op.Unmap(0x1000, 0x1000));
        Assert.Equal(2, scene.Vm.Context.Space.Vmas.Count);
        scene.Do(Op.Unmap(0, E));
        Assert.Equal(0, scene.Vm.Context.Space.Vmas.Count);
        Assert.Equal(empty, scene.Vm.StateHash());
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(15)]
    [Rule("BIND-011")]
    public void A_vm_with_mirrors_closes_completely(XeProfile profile)
    {
        using BindScene scene = AfterEx3(profile);
        XeBo bo = Assert.Single(scene.File.Bos);
        Assert.Equal(2, bo.Object.References);
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Equal(0, scene.Device.TablesInUse);
        Assert.Equal(1, bo.Object.References);
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(16)]
    [Rule("BIND-226")]
    public void Removing_a_mirror_leaves_the_list_of_the_bo_next_to_it_alone(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        uint x = scene.Bo("X", 0x2000);
        scene.Do(Op.Map(x, 0x10_0000, 0x1000));
        scene.Do(scene.Mirror(0x10_1000, 0x1000));
        scene.Do(Op.Map(x, 0x10_2000, 0x1000, offset: 0x1000));

        scene.Do(Op.Unmap(0x10_1000, 0x1000));
        scene.ListIs("[0x10_0000, 0x10_1000) BO X(0)", "[0x10_2000, 0x10_3000) BO X(0x1000)");
        Assert.Equal(3, Assert.Single(scene.File.Bos).Object.References);

        scene.Do(Op.UnmapAll(x));
        Assert.Equal([0x10_0000ul, 0x10_2000ul], scene.Actions.Select(action => action.Start));
        scene.ListIs();
    }

    [Fact]
    [SeedHunk(37)]
    [Rule("BIND-230")]
    public void The_flag_bits_are_those_of_the_gpuva_word()
    {
        // The driver's own bits begin at bit 2; the mirror flag is its ninth.
        const int FirstDriverBit = 2;
        Assert.Equal(1u << (FirstDriverBit + 9), (uint)VmaFlags.Mirror);
        Assert.Equal(1u << 1, (uint)VmaFlags.Null);
        Assert.Equal(
            [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            new[]
            {
                VmaFlags.ReadOnly, VmaFlags.Destroyed, VmaFlags.AtomicPte, VmaFlags.Pte4K, VmaFlags.Pte2M, VmaFlags.Pte1G,
                VmaFlags.Pte64K, VmaFlags.PteCompact, VmaFlags.Dumpable, VmaFlags.Mirror, VmaFlags.Autoreset,
            }.Select(flag => (int)uint.Log2((uint)flag)));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(17)]
    [SeedHunk(38)]
    [Rule("BIND-138")]
    public void A_map_op_carries_the_mirror_mark(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        scene.Do(
            scene.Mirror(0, 0x1000, VmBindFlags.ReadOnly), Op.Null(0x10_0000, 0x1000), Op.Map(scene.Bo("X", 0x1000), 0x20_0000, 0x1000));
        Assert.Equal(
            [VmBindFlags.CpuAddrMirror | VmBindFlags.ReadOnly, VmBindFlags.Null, VmBindFlags.None],
            scene.Actions.Select(action => action.Flags));
        Assert.Equal([0, 1, 2], scene.Actions.Select(action => action.BindIndex));
    }

    [Fact]
    [SeedHunk(17)]
    [Rule("BIND-072")]
    public void The_mark_follows_the_bit_of_the_profile()
    {
        using var final = new BindScene();
        final.Do(Op.Map(final.Bo("X", 0x1000), 0, 0x1000, 0, MirrorFlag(XeProfile.SeedOpen)));
        Assert.Equal(VmBindFlags.None, Assert.Single(final.Actions).Flags);

        using var seed = new BindScene(profile: XeProfile.SeedOpen);
        Assert.Equal(Errno.EINVAL, seed.Bind(Op.Map(0, 0, 0x1000, 0, MirrorFlag(XeProfile.Final))));
    }

    /// <summary>A mirror, a NULL mapping, a userptr and a BO, of one page each. There is CPU memory behind the userptr, and nowhere near
    /// the mirror's own address.</summary>
    private static BindScene WithEachKind(XeProfile profile)
    {
        var scene = new BindScene(profile: profile);
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x1000));
        scene.Do(
            scene.Mirror(0, 0x1000), Op.Null(0x10_0000, 0x1000), Op.Userptr(0x7000_0000, 0x20_0000, 0x1000),
            Op.Map(scene.Bo("X", 0x1000), 0x30_0000, 0x1000));
        return scene;
    }

    private static T[] Each<T>(BindScene scene, Func<Vma, T> select) =>
        [.. scene.Vm.GetVmas().Select(vma => select(scene.VmaAt(vma.Range.Start)))];
}
