using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Seed;

/// <summary>Seed hunks 39 to 42, <c>xe_drm.h</c>, and what its commit message promises.</summary>
public class UapiHunkTests
{
    public static TheoryData<XeProfile> Profiles => new(XeProfile.Final, XeProfile.SeedOpen);

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(39)]
    [Rule("BIND-068")]
    [Rule("BIND-075")]
    public void The_flag_is_for_map_in_fault_mode_only(XeProfile profile)
    {
        foreach (VmBindOp op in Enum.GetValues<VmBindOp>())
            foreach (VmMode mode in Enum.GetValues<VmMode>())
            {
                bool isLegal = op == VmBindOp.Map && mode == VmMode.Fault;
                using var scene = new BindScene(mode switch { VmMode.DmaFence => 0, VmMode.PreemptFence => 2u, _ => 6u }, profile);
                Assert.Equal((op, mode, isLegal), (op, mode, scene.Bind(scene.Mirror(0, 0x1000) with { Op = op }) == Errno.Ok));
            }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(40)]
    [Rule("BIND-093")]
    public void Any_valid_pat_index_will_do_for_a_mirror(XeProfile profile)
    {
        using var scene = new BindScene(profile: profile);
        for (ushort pat = 0; pat < 32; pat++)
        {
            DrmXeVmBindOp mirror = scene.Mirror(0, 0x1000) with { PatIndex = pat };
            if (pat is >= 16 and <= 19)
                scene.Refuses(Errno.EINVAL, "BIND-070", mirror);
            else if (pat >= 28)
                scene.Refuses(Errno.EINVAL, "BIND-069", mirror);
            else
                scene.Do(mirror);
        }

        scene.Do(scene.Mirror(0, 0x1000) with { PatIndex = 0 });
        Assert.Equal((0, 0), (scene.Vm.FindVma(0)!.Value.PatIndex, scene.Vm.FindVma(0)!.Value.DefaultPatIndex));
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(41)]
    [Rule("BIND-074")]
    [Rule("BIND-261")]
    public void The_mirror_offset_is_a_signed_word_on_the_offset_union_and_must_be_zero(XeProfile profile)
    {
        UapiStructInfo op = UapiTable.Structs.Single(info => info.CName == "drm_xe_vm_bind_op");
        UapiFieldInfo[] union = [.. op.Fields.Where(field => field.CName is "obj_offset" or "userptr" or "cpu_addr_mirror_offset")];
        Assert.Equal([(16, 8), (16, 8), (16, 8)], union.Select(field => (field.Offset, field.Size)));
        Assert.Equal(ulong.MaxValue, new DrmXeVmBindOp { CpuAddrMirrorOffset = -1 }.ObjOffset);
        Assert.Equal(80, op.Size);

        using var scene = new BindScene(profile: profile);
        foreach (long offset in new[] { 0x1000, -0x1000, long.MinValue, 1 })
            scene.Refuses(Errno.EINVAL, "BIND-074", scene.Mirror(0x10_0000, 0x1000) with { CpuAddrMirrorOffset = offset });
        scene.Do(scene.Mirror(0x10_0000, 0x1000));
    }

    [Fact]
    [SeedHunk(42)]
    [Rule("BIND-072")]
    [Rule("SVM-020")]
    public void The_flag_has_value_16_in_the_seed_and_32_in_the_final_header()
    {
        Assert.Equal(1u << 4, (uint)MirrorFlag(XeProfile.SeedGated));
        Assert.Equal(1u << 4, (uint)MirrorFlag(XeProfile.SeedOpen));
        Assert.Equal(1u << 5, (uint)MirrorFlag(XeProfile.Final));
        Assert.Equal(0x20ul, UapiTable.Constants.Single(constant => constant.CName == "DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR").Value);

        using var seed = new BindScene(profile: XeProfile.SeedOpen);
        seed.Do(Op.Map(0, 0, E, 0, (VmBindFlags)16));
        seed.ListIs("[0, E) mirror");
        using var final = new BindScene();
        final.Do(Op.Map(0, 0, E, 0, (VmBindFlags)32));
        final.ListIs("[0, E) mirror");
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(SeedHunkAttribute.CommitMessage)]
    [Rule("BIND-258")]
    [Rule("BIND-260")]
    [Rule("SVM-014")]
    public void The_expected_usage_works_round_after_round(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        uint x = scene.Bo("X", 2 * MiB);
        int tables = scene.Device.TablesInUse;
        for (int round = 0; round < 3; round++)
        {
            scene.Do(Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate));
            Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A + 0x1000).Status);

            scene.Do(scene.Mirror(A, 2 * MiB));
            if (profile == XeProfile.Final)
                scene.ListIs("[0, E) mirror");
            else
                scene.ListIs("[0, 0x1_0000_0000) mirror", "[0x1_0000_0000, 0x1_0020_0000) mirror", "[0x1_0020_0000, E) mirror");
            Assert.Equal(tables, scene.Device.TablesInUse);
            Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A + 0x1000).Status);
        }
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(SeedHunkAttribute.CommitMessage)]
    [Rule("BIND-259")]
    public void Every_kind_of_vma_may_overmap_every_other(XeProfile profile)
    {
        const int Kinds = 4;
        for (int below = 0; below < Kinds; below++)
            for (int above = 0; above < Kinds; above++)
            {
                using var scene = new BindScene(profile: profile);
                scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 4 * MiB));
                uint x = scene.Bo("X", 4 * MiB);
                scene.Do(Map(scene, x, below, A, 4 * MiB));
                scene.Do(Map(scene, x, above, A + MiB, MiB));

                VmaKind[] kinds = [.. scene.Vm.GetVmas().Select(vma => vma.Kind)];
                bool merges = profile == XeProfile.Final && below == 0 && above == 0;
                Assert.Equal(merges ? [Kind(0)] : [Kind(below), Kind(above), Kind(below)], kinds);
                scene.Do(Map(scene, x, above, A, 4 * MiB));
                Assert.Equal([Kind(above)], scene.Vm.GetVmas().Select(vma => vma.Kind));
            }

        static VmaKind Kind(int kind) => new[] { VmaKind.Mirror, VmaKind.Bo, VmaKind.Userptr, VmaKind.Null }[kind];
        static DrmXeVmBindOp Map(BindScene scene, uint bo, int kind, ulong addr, ulong range) => kind switch
        {
            0 => scene.Mirror(addr, range),
            1 => Op.Map(bo, addr, range, flags: VmBindFlags.Immediate),
            2 => Op.Userptr(0x7000_0000, addr, range, VmBindFlags.Immediate),
            _ => Op.Null(addr, range, VmBindFlags.Immediate),
        };
    }

    [Theory]
    [MemberData(nameof(Profiles))]
    [SeedHunk(SeedHunkAttribute.CommitMessage)]
    [Rule("BIND-262")]
    public void A_mirror_has_no_mapping_until_the_gpu_touches_it(XeProfile profile)
    {
        using BindScene scene = AfterEx1(profile);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(0x1000).Status);
        Assert.Empty(scene.Vm.GetMappings());
        // Filling a mirror from the CPU is a policy of its own; as a page-table operation the fault is not resolved.
        Assert.Equal(Errno.EOPNOTSUPP, scene.Vm.Fault(0x1000));
    }
}
