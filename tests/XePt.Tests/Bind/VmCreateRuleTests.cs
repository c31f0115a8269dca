using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 sections 1 to 4: profiles, VM create and destroy, modes.</summary>
public class VmCreateRuleTests
{
    public static TheoryData<string> Platforms => new(XePlatforms.All.Select(platform => platform.Name));

    [Fact]
    [Rule("BIND-001")]
    public void The_profile_is_final_unless_asked_for()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        Assert.Equal(XeProfile.Final, device.Options.Profile);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("BIND-002")]
    public void Valid_addresses_end_at_two_to_the_va_bits_and_signs_are_not_stripped(string name)
    {
        using var scene = Scene(name);
        ulong size = 1ul << scene.Device.Platform.VaBits;
        Assert.Equal(size, scene.Vm.Size);
        scene.Do(Op.Null(size - 0x1000, 0x1000));
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Null(size - 0x1000, 0x2000));
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Null(size, 0x1000));
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Unmap(0ul - size, 0x1000));
        scene.Refuses(Errno.EINVAL, "BIND-047", Op.Unmap(0x1000, 0xffff_ffff_ffff_f000));
    }

    [Fact]
    [Rule("BIND-003")]
    public void Svm_and_userptr_are_options_of_the_build()
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { SvmPresent = false, UserptrPresent = false });
        XeFile file = device.OpenFile();
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, Bind = Op.Map(0, 0, 0x1000, 0, VmBindFlags.CpuAddrMirror) };
        Assert.Equal((Errno.EINVAL, "BIND-068"), (file.VmBind(bind), file.LastRejection.RuleId));
        bind.Bind = Op.Userptr(0x7000_0000, 0, 0x1000);
        Assert.Equal((Errno.EINVAL, "BIND-083"), (file.VmBind(bind), file.LastRejection.RuleId));
    }

    [Fact]
    [Rule("BIND-004")]
    [Rule("BIND-233")]
    public void Every_tile_has_its_own_root_and_every_vma_is_for_all_tiles()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        Assert.Equal(2, scene.Device.TablesInUse);
        Assert.NotEqual(scene.Vm.RootAddress(0), scene.Vm.RootAddress(1));
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB), Op.Null(0, 0x1000));
        Assert.Equal([3, 3], scene.Vm.GetVmas().Select(vma => (int)vma.TileMask));
        Assert.Equal(scene.Vm.Translate(A, 0).Address, scene.Vm.Translate(A, 1).Address);
        Assert.Equal(2, scene.Vm.GetLastRequest().Updates.Count);
    }

    [Fact]
    [Rule("BIND-005")]
    public void Create_checks_in_the_reference_order()
    {
        using var device = new XeDevice(XePlatforms.Dg2);
        XeFile file = device.OpenFile();
        var args = new DrmXeVmCreate { Extensions = 1, Flags = VmCreateFlags.FaultMode | (VmCreateFlags)0x100 };
        args.Reserved[1] = 1;
        AssertRefused("extensions");
        args.Extensions = 0;
        AssertRefused("flags", "recoverable page faults");
        args.Flags = (VmCreateFlags)0x100;
        AssertRefused("reserved");
        args.Reserved[1] = 0;
        AssertRefused("flags", "does not know");

        void AssertRefused(string field, string because = "")
        {
            Assert.Equal((Errno.EINVAL, field), (file.VmCreate(ref args), file.LastRejection.Field));
            Assert.Contains(because, file.LastRejection.Because, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Rule("BIND-005")]
    public void Scratch_is_looked_at_before_the_missing_lr_flag()
    {
        using var device = new XeDevice(XePlatforms.Pvc);
        XeFile file = device.OpenFile();
        var args = new DrmXeVmCreate { Flags = VmCreateFlags.FaultMode | VmCreateFlags.ScratchPage };
        Assert.Equal(Errno.EINVAL, file.VmCreate(ref args));
        Assert.Contains("scratch", file.LastRejection.Because, StringComparison.Ordinal);
        args.Flags = VmCreateFlags.FaultMode;
        Assert.Equal(Errno.EINVAL, file.VmCreate(ref args));
        Assert.Contains("LR_MODE", file.LastRejection.Because, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bmg")]
    [InlineData("pvc-2t")]
    [Rule("BIND-005")]
    [Rule("BIND-223")]
    public void A_create_that_gets_no_memory_leaves_nothing(string name)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        var args = new DrmXeVmCreate { Flags = VmCreateFlags.ScratchPage };
        int failures = 0;
        for (; ; failures++)
        {
            device.Failures.Arm(FailurePoint.Allocation, failures);
            Errno errno = file.VmCreate(ref args);
            device.Failures.Disarm();
            if (errno == Errno.Ok)
                break;
            Assert.Equal((Errno.ENOMEM, 0), (errno, device.TablesInUse));
            Assert.Empty(file.Vms);
        }

        int tablesPerTile = platform.RootLevel - 1;
        Assert.True(failures >= tablesPerTile * platform.TileCount);
        Assert.Equal(tablesPerTile * platform.TileCount, device.TablesInUse);
        Assert.Equal(1u, args.VmId);

        device.Failures.Arm(FailurePoint.ScratchCreate, skip: platform.TileCount - 1);
        Assert.Equal(Errno.ENOMEM, file.VmCreate(ref args));
        Assert.Equal(tablesPerTile * platform.TileCount, device.TablesInUse);
    }

    [Fact]
    [Rule("BIND-006")]
    public void The_forced_scratch_flag_is_told_after_every_outcome_but_the_first()
    {
        using var device = new XeDevice(XePlatforms.Dg2G10);
        XeFile file = device.OpenFile();
        Assert.Equal((Errno.EINVAL, 0u), Create(new DrmXeVmCreate { Extensions = 1 }));
        Assert.Equal((Errno.EINVAL, 5u), Create(new DrmXeVmCreate { Flags = VmCreateFlags.FaultMode }));
        Assert.Equal((Errno.EINVAL, 0x101u), Create(new DrmXeVmCreate { Flags = (VmCreateFlags)0x100 }));
        Assert.Equal((Errno.Ok, 1u), Create(new DrmXeVmCreate()));
        Assert.Equal((Errno.Ok, 3u), Create(new DrmXeVmCreate { Flags = VmCreateFlags.LrMode }));
        Assert.All(file.Vms, vm => Assert.True(vm.HasScratch));

        (Errno, uint) Create(DrmXeVmCreate args) => (file.VmCreate(ref args), (uint)args.Flags);
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("BIND-007")]
    [Rule("BIND-017")]
    public void Each_value_of_the_flags_is_judged_by_what_the_platform_can(string name)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        using var device = new XeDevice(platform);
        XeFile file = device.OpenFile();
        for (uint flags = 0; flags < 16; flags++)
        {
            bool isAccepted = flags switch
            {
                <= 3 => true,
                6 => platform.HasFaultMode,
                7 => platform.HasFaultMode && platform.AllowsScratchWithFaults,
                _ => false,
            };
            var args = new DrmXeVmCreate { Flags = (VmCreateFlags)flags };
            Assert.Equal((flags, isAccepted ? Errno.Ok : Errno.EINVAL), (flags, file.VmCreate(ref args)));
            if (isAccepted)
                Assert.Equal(flags >= 6 ? VmMode.Fault : flags >= 2 ? VmMode.PreemptFence : VmMode.DmaFence, file.FindVm(args.VmId)!.Mode);
        }
    }

    [Fact]
    [Rule("BIND-008")]
    public void Ids_start_at_one_ignore_the_input_and_are_reused_lowest_first()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile(), other = device.OpenFile();
        Assert.Equal([1u, 2u, 3u, 4u], [Create(file), Create(file), Create(file), Create(file)]);
        Assert.Equal(1u, Create(other));
        Assert.Equal(Errno.Ok, file.VmDestroy(new DrmXeVmDestroy { VmId = 3 }));
        Assert.Equal(Errno.Ok, file.VmDestroy(new DrmXeVmDestroy { VmId = 2 }));
        Assert.Equal([2u, 3u, 5u], [Create(file), Create(file), Create(file)]);

        static uint Create(XeFile file)
        {
            var args = new DrmXeVmCreate { VmId = 99 };
            Assert.Equal(Errno.Ok, file.VmCreate(ref args));
            return args.VmId;
        }
    }

    [Fact]
    [Rule("BIND-009")]
    [Rule("BIND-013")]
    [Rule("SVM-194")]
    public void Destroy_looks_at_padding_then_at_the_id_and_then_the_id_is_gone()
    {
        using var scene = new BindScene();
        var args = new DrmXeVmDestroy { VmId = 9, Pad = 1 };
        Assert.Equal(Errno.EINVAL, scene.File.VmDestroy(args));
        args.Pad = 0;
        args.Reserved[1] = 1;
        Assert.Equal(Errno.EINVAL, scene.File.VmDestroy(args));
        args.Reserved[1] = 0;
        Assert.Equal(Errno.ENOENT, scene.File.VmDestroy(args));
        args.VmId = scene.Vm.Id;
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(args));
        Assert.Equal(Errno.ENOENT, scene.File.VmDestroy(args));
        Assert.Null(scene.File.FindVm(args.VmId));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(7u)]
    [Rule("BIND-010")]
    [Rule("BIND-011")]
    public void Destroy_frees_every_table_and_lets_go_of_every_bo_and_page(uint flags)
    {
        using var scene = new BindScene(flags);
        uint x = scene.Bo("X", 4 * MiB);
        scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x3_0000_0000, 0x1_0000));
        XeBo bo = scene.File.FindBo(x)!;
        scene.Do(
            Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate), Op.Map(x, 2 * A, 2 * MiB, 2 * MiB, VmBindFlags.Immediate),
            Op.Userptr(0x7000_0000, 0x5000_0000, 0x1_0000, VmBindFlags.Immediate), Op.Null(0, A / 2, VmBindFlags.Immediate));
        scene.Do(Op.Unmap(0x5000_4000, 0x1000));

        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));

        Assert.Equal(0, scene.Device.TablesInUse);
        Assert.Equal(1, bo.Object.References);
        Assert.True(scene.File.UnmapCpuMemory(0x7000_0000));
        Assert.Equal(Errno.EINVAL, scene.Bind(Op.Unmap(0, 0x1000)));
    }

    [Fact]
    [Rule("BIND-013")]
    public void An_unknown_vm_is_einval_for_a_bind_and_enoent_for_a_bo()
    {
        using var scene = new BindScene();
        Assert.Equal(Errno.EINVAL, scene.Bind(new DrmXeVmBind { VmId = 5 }, [], Op.Unmap(0, 0x1000)));
        var gem = new DrmXeGemCreate { Size = 0x1000, Placement = 1, CpuCaching = CpuCaching.WriteBack, VmId = 5 };
        Assert.Equal(Errno.ENOENT, scene.File.GemCreate(ref gem));
    }

    [Fact]
    [Rule("BIND-015")]
    public void A_banned_vm_can_be_destroyed()
    {
        using var scene = new BindScene();
        scene.Vm.Context.Ban();
        scene.Refuses(Errno.ENOENT, "BIND-046", Op.Unmap(0, 0x1000));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Fact]
    [Rule("BIND-016")]
    public void Closing_the_file_closes_its_vms_and_bos()
    {
        using var scene = new BindScene(vmFlags: 0);
        using XeFile other = scene.Device.OpenFile();
        scene.CreateVm(2);
        scene.Do(Op.Map(scene.Bo("X", 2 * MiB), A, 2 * MiB));
        Assert.NotEqual(0ul, scene.Device.Memory.Regions[1].Allocator.UsedBytes);

        scene.File.Dispose();

        Assert.Equal(0, scene.Device.TablesInUse);
        Assert.All(scene.Device.Memory.Regions, region => Assert.Equal(0ul, region.Allocator.UsedBytes));
    }

    [Theory]
    [InlineData(0u, false, true)]
    [InlineData(2u, false, true)]
    [InlineData(6u, false, false)]
    [InlineData(6u, true, true)]
    [Rule("BIND-018")]
    public void Immediate_is_implied_outside_fault_mode(uint vmFlags, bool immediate, bool isBound)
    {
        using var scene = new BindScene(vmFlags);
        scene.Do(Op.Map(scene.Bo("X", 0x1_0000), A, 0x1_0000, flags: immediate ? VmBindFlags.Immediate : 0));
        Assert.Equal(isBound ? 1 : 0, scene.VmaAt(A).TilePresent);
        Assert.Equal(isBound, scene.Vm.Translate(A).IsPresent);
        Assert.Equal(isBound ? 1 : 0, scene.PtOps);
    }

    [Theory]
    [InlineData(1u, TranslationStatus.Null, TranslationStatus.Mapped)]
    [InlineData(3u, TranslationStatus.Null, TranslationStatus.Mapped)]
    [InlineData(7u, TranslationStatus.Null, TranslationStatus.NotPresent)]
    [InlineData(6u, TranslationStatus.NotPresent, TranslationStatus.NotPresent)]
    [Rule("BIND-019")]
    public void Unmapped_addresses_of_a_scratch_vm_read_zero_and_a_deferred_map_makes_them_fault(
        uint vmFlags, TranslationStatus unmapped, TranslationStatus afterDeferredMap)
    {
        using var scene = new BindScene(vmFlags);
        Assert.Equal(unmapped, scene.Vm.Translate(A).Status);
        scene.Do(Op.Map(scene.Bo("X", 0x1_0000), A, 0x1_0000));
        Assert.Equal(afterDeferredMap, scene.Vm.Translate(A).Status);
        Assert.Equal(unmapped, scene.Vm.Translate(A + 0x1_0000).Status);
        Assert.Equal(vmFlags == 7, scene.Actions[^1].InvalidateOnBind);

        scene.Do(Op.Unmap(A, 0x1_0000));
        Assert.Equal(unmapped, scene.Vm.Translate(A).Status);
    }

    private static BindScene Scene(string name)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        return new BindScene(vmFlags: 0, platform: platform);
    }
}
