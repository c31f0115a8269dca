using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Bind;

/// <summary>Specification 02 section 5: BO create.</summary>
public class BoCreateRuleTests
{
    private delegate void Fix(ref DrmXeGemCreate args);

    [Fact]
    [Rule("BIND-022")]
    [Rule("BIND-023")]
    [Rule("BIND-024")]
    [Rule("BIND-025")]
    [Rule("BIND-026")]
    [Rule("BIND-027")]
    [Rule("BIND-028")]
    [Rule("BIND-029")]
    [Rule("BIND-030")]
    [Rule("BIND-031")]
    [Rule("BIND-032")]
    [Rule("BIND-033")]
    public void The_checks_run_in_the_reference_order()
    {
        using var device = new XeDevice(XePlatforms.Dg2);
        XeFile file = device.OpenFile();
        var args = new DrmXeGemCreate { Handle = 1, VmId = 77, Flags = (GemCreateFlags)0xe | (GemCreateFlags)(1u << 31) };
        args.Pad[2] = 1;
        args.Reserved[1] = 1;
        // Everything is wrong at first; each step puts right what the last refusal named.
        (Errno Errno, string Rule, Fix Fix)[] steps =
        [
            (Errno.EINVAL, "BIND-022", (ref a) => a.Pad[2] = 0),
            (Errno.EINVAL, "BIND-022", (ref a) => a.Reserved[1] = 0),
            (Errno.EINVAL, "BIND-023", (ref a) => a.Placement = 1u << 2),
            (Errno.EINVAL, "BIND-023", (ref a) => a.Placement = 1),
            (Errno.EINVAL, "BIND-024", (ref a) => a.Flags &= (GemCreateFlags)0xf),
            (Errno.EINVAL, "BIND-025", (ref a) => a.Handle = 0),
            (Errno.EINVAL, "BIND-026", (ref a) => a.Size = 0x1800),
            (Errno.EINVAL, "BIND-026", (ref a) => a.Size = 0x1000),
            (Errno.EOPNOTSUPP, "BIND-027", (ref a) => a.Flags &= ~GemCreateFlags.NoCompression),
            (Errno.EINVAL, "BIND-028", (ref a) => a.Placement = 2),
            (Errno.EINVAL, "BIND-029", (ref a) => a.CpuCaching = (CpuCaching)3),
            (Errno.EINVAL, "BIND-029", (ref a) => a.CpuCaching = CpuCaching.WriteBack),
            (Errno.EINVAL, "BIND-030", (ref a) => (a.Placement, a.Flags) = (1, GemCreateFlags.Scanout)),
            (Errno.EINVAL, "BIND-031", (ref a) => (a.Placement, a.CpuCaching) = (2, CpuCaching.WriteCombined)),
            (Errno.ENOENT, "BIND-032", (ref a) => a.VmId = 0),
            (Errno.EINVAL, "BIND-033", (ref a) => a.Size = 0x1_0000),
        ];
        foreach ((Errno errno, string rule, Fix fix) in steps)
        {
            Assert.Equal((errno, rule), (file.GemCreate(ref args), file.LastRejection.RuleId));
            Assert.Empty(file.Bos);
            fix(ref args);
        }

        Assert.Equal(Errno.Ok, file.GemCreate(ref args));
        Assert.Equal(1u, args.Handle);
    }

    /// <summary>16 MiB of VRAM, of which tables take 2.</summary>
    [Fact]
    [Rule("BIND-034b")]
    [Rule("RN-045")]
    public void A_bo_that_no_placement_has_room_for_is_enomem()
    {
        using var scene = Small();
        var args = new DrmXeGemCreate { Size = 16 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal((Errno.ENOMEM, "BIND-034b"), (scene.File.GemCreate(ref args), scene.File.LastRejection.RuleId));
        Assert.Empty(scene.File.Bos);
        Assert.Equal(0ul, scene.Device.Memory.Regions[1].Allocator.UsedBytes);
        Assert.Equal(0, scene.File.FindBo(Create(scene, 16 * MiB, placement: 3))!.Region);
    }

    [Theory]
    [InlineData("bmg", 2u)]
    [InlineData("bmg", 3u)]
    [InlineData("pvc-2t", 4u)]
    [InlineData("pvc-2t", 7u)]
    [Rule("BIND-034a")]
    public void More_than_all_of_a_vram_placement_is_e2big_wherever_else_it_might_be(string name, uint placement)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        using var scene = new BindScene(vmFlags: 0, platform: platform with { VramBytesPerTile = 16 * MiB });
        uint other = scene.Bo("X", 4 * MiB);
        scene.Do(Op.Map(other, 4 * A, 4 * MiB));
        var args = new DrmXeGemCreate { Size = 16 * MiB + 0x1_0000, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal((Errno.E2BIG, "BIND-034a"), (scene.File.GemCreate(ref args), scene.File.LastRejection.RuleId));
        Assert.Equal((0u, 1), (args.Handle, scene.File.Bos.Count));
        // Nobody had to leave for it.
        Assert.Equal((1, 0L), (scene.File.FindBo(other)!.Region!.Value, scene.Device.MoveCounters.Moves));
        scene.Do(Op.Unmap(4 * A, 4 * MiB));
    }

    [Theory]
    [InlineData(0u, false)]
    [InlineData(2u, false)]
    [InlineData(6u, false)]
    [InlineData(6u, true)]
    [Rule("BIND-034a")]
    public void A_deferred_one_is_refused_when_it_is_backed(uint vmFlags, bool isFault)
    {
        using var scene = new BindScene(vmFlags, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB });
        uint big = scene.Bo("big", 32 * MiB, placement: 3, flags: GemCreateFlags.DeferBacking), x = scene.Bo("X", 0x1000);
        scene.Do(Op.Map(x, A, 0x1000, flags: VmBindFlags.Immediate));
        if (isFault)
        {
            scene.Do(Op.Map(big, 4 * A, 32 * MiB));
            ulong before = scene.Vm.StateHash();
            Assert.Equal((Errno.E2BIG, "BIND-034a"), (scene.Vm.Fault(4 * A), scene.Vm.LastRejection.RuleId));
            Assert.Equal(before, scene.Vm.StateHash());
        }
        else
        {
            // Alone, in the middle of an array, over something else.
            DrmXeVmBindOp map = Op.Map(big, 4 * A, 32 * MiB, flags: VmBindFlags.Immediate);
            scene.Refuses(Errno.E2BIG, "BIND-034a", map);
            scene.Refuses(Errno.E2BIG, "BIND-034a", Op.Unmap(A, 0x1000), map, Op.Null(A, 0x1000, VmBindFlags.Immediate));
            scene.Refuses(Errno.E2BIG, "BIND-034a", Op.Map(big, A - MiB, 4 * MiB, flags: VmBindFlags.Immediate));
        }

        Assert.Null(scene.File.FindBo(big)!.Region);
        Assert.True(scene.Vm.Translate(A).IsPresent);
        scene.Do(Op.Unmap(A, 0x1000), Op.Map(x, A, 0x1000, flags: VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, scene.File.GemClose(big));
    }

    /// <summary>Memory of the embedder's can be anywhere; moving it into VRAM that it is larger than cannot.</summary>
    [Fact]
    [Rule("BIND-034a")]
    public void Neither_prefetch_nor_a_move_makes_it_fit()
    {
        using var scene = new BindScene(vmFlags: 0, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB });
        var args = new DrmXeGemCreate { Size = 32 * MiB, Placement = 3, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref args, region: 0, [new PhysicalRun(4 * A, 32 * MiB)]));
        scene.Do(Op.Map(args.Handle, A, 32 * MiB));
        scene.Refuses(Errno.E2BIG, "BIND-034a", Op.Prefetch(A, 32 * MiB, 1));
        Assert.Equal((Errno.E2BIG, 0), (scene.File.MoveBo(args.Handle, 1), scene.File.FindBo(args.Handle)!.Region));
        scene.Do(Op.Prefetch(A, 32 * MiB, 0));
        scene.Do(Op.Unmap(A, 32 * MiB));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [Rule("BIND-034b")]
    [Rule("BIND-194")]
    public void A_block_that_is_refused_once_is_asked_for_again(int refused)
    {
        using var scene = new BindScene();
        var args = new DrmXeGemCreate { Size = 0x1_3000, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        using var count = new AllocationCount(scene.Device.Failures);
        scene.Device.Failures.Arm(FailurePoint.Allocation, refused);
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref args));
        // The BO has three blocks, so one was refused; those taken before it were given back.
        Assert.True(count.Value > 3);
        Assert.Equal(0x1_3000ul, scene.Device.Memory.Regions[1].Allocator.UsedBytes);
        scene.Device.Failures.Disarm();
    }

    [Theory]
    [InlineData("dg2", 2u, GemCreateFlags.None, 0x1_0000ul, true)]
    [InlineData("dg2", 1u, GemCreateFlags.None, 0x1_0000ul, false)]
    [InlineData("dg2", 3u, GemCreateFlags.None, 0x1_0000ul, true)]
    [InlineData("bmg", 2u, GemCreateFlags.None, 0x1_0000ul, false)]
    [InlineData("bmg", 2u, GemCreateFlags.Scanout, 0x1_0000ul, true)]
    [InlineData("bmg", 2u, GemCreateFlags.Scanout, 0x1_1000ul, false)]
    [InlineData("bmg", 1u, GemCreateFlags.Scanout, 0x1_0000ul, false)]
    [Rule("BIND-036")]
    [Rule("BIND-096")]
    public void The_64k_mark_matters_to_bind_only_where_vram_needs_64k(
        string name, uint placement, GemCreateFlags flags, ulong size, bool isMarked)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        using var scene = new BindScene(vmFlags: 0, platform: platform);
        uint x = scene.Bo("X", size, placement, CpuCaching.WriteCombined, flags);
        Assert.Equal(isMarked, scene.File.FindBo(x)!.Object.Is64KInternal);

        DrmXeVmBindOp map = Op.Map(x, A + 0x1000, 0x1000) with { PatIndex = 0 };
        if (isMarked && platform.VramNeeds64K)
            scene.Refuses(Errno.EINVAL, "BIND-096", map);
        else
            scene.Do(map);
    }

    [Fact]
    [Rule("BIND-037")]
    [Rule("BIND-038")]
    public void A_private_bo_binds_in_its_own_vm_only_which_is_looked_at_after_the_size()
    {
        using var scene = new BindScene(vmFlags: 0);
        XeVm other = scene.CreateVm(0);
        var gem = new DrmXeGemCreate { Size = 0x1000, Placement = 1, CpuCaching = CpuCaching.WriteBack, VmId = other.Id };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref gem));

        scene.Refuses(Errno.EINVAL, "BIND-095", Op.Map(gem.Handle, A, 0x2000));
        scene.Refuses(Errno.EINVAL, "BIND-038", Op.Map(gem.Handle, A, 0x1000));
        Assert.Equal($"-EINVAL: op 0: obj = 0x{gem.Handle:x}: the BO is private to another VM (its vm_id = 0x{other.Id:x}) [BIND-038]",
            scene.File.LastRejection.ToString());
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBind { VmId = other.Id }, [], Op.Map(gem.Handle, A, 0x1000)));

        // An id that is used again is not the VM the BO belongs to.
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = other.Id }));
        Assert.Equal(other.Id, scene.CreateVm(0).Id);
        Assert.Equal(Errno.EINVAL, scene.Bind(new DrmXeVmBind { VmId = other.Id }, [], Op.Map(gem.Handle, A, 0x1000)));
        Assert.Equal(("BIND-038", null), (scene.File.LastRejection.RuleId, scene.File.LastRejection.ComparedWith));
    }

    [Fact]
    [Rule("BIND-037")]
    public void An_external_bo_binds_in_every_vm()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x1000);
        scene.Do(Op.Map(x, A, 0x1000));
        Assert.Equal(Errno.Ok, scene.Bind(new DrmXeVmBind { VmId = scene.CreateVm(2).Id }, [], Op.Map(x, A, 0x1000)));
        Assert.Equal(3, scene.File.FindBo(x)!.Object.References);
    }

    [Fact]
    [Rule("BIND-039")]
    public void Vram_comes_first_in_bit_order_then_system_memory()
    {
        using var two = new BindScene(vmFlags: 0, platform: XePlatforms.Pvc2T);
        Assert.Equal(1, two.File.FindBo(two.Bo("X", 0x1_0000, placement: 7))!.Region);
        Assert.Equal(2, two.File.FindBo(Create(two, 0x1_0000, placement: 5))!.Region);

        using BindScene small = Small();
        Assert.Equal(1, small.File.FindBo(Create(small, 4 * MiB, placement: 3))!.Region);
        Assert.Equal(0, small.File.FindBo(Create(small, 16 * MiB, placement: 3))!.Region);
    }

    [Fact]
    [Rule("BIND-039")]
    public void A_deferred_backing_appears_at_the_first_validation()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB, flags: GemCreateFlags.DeferBacking);
        XeBo bo = scene.File.FindBo(x)!;
        scene.Do(Op.Map(x, A, 2 * MiB));
        Assert.Null(bo.Region);
        Assert.Empty(bo.Segments);

        Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        Assert.Equal(1, bo.Region);
        Assert.Equal(bo.Segments[0].Address, scene.Vm.Translate(A).Address);
    }

    [Fact]
    [Rule("BIND-040")]
    public void Mappings_keep_a_bo_whose_handle_is_closed()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 2 * MiB);
        ulong used = scene.Device.Memory.Regions[1].Allocator.UsedBytes;
        scene.Do(Op.Map(x, A, MiB), Op.Map(x, 2 * A, MiB, MiB));

        Assert.Equal(Errno.Ok, scene.File.GemClose(x));
        Assert.Equal(Errno.EINVAL, scene.File.GemClose(x));
        scene.Refuses(Errno.ENOENT, "BIND-049", Op.UnmapAll(x));
        Assert.True(scene.Vm.Translate(A).IsPresent);
        Assert.Equal(used, scene.Device.Memory.Regions[1].Allocator.UsedBytes);

        // UNMAP drops one reference, an overmap by something else the last one.
        scene.Do(Op.Unmap(A, MiB));
        Assert.Equal(used, scene.Device.Memory.Regions[1].Allocator.UsedBytes);
        scene.Do(Op.Null(2 * A, MiB));
        Assert.Equal(0ul, scene.Device.Memory.Regions[1].Allocator.UsedBytes);
    }

    /// <summary>A device with 16 MiB of VRAM.</summary>
    private static BindScene Small() => new(vmFlags: 0, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB });

    private static uint Create(BindScene scene, ulong size, uint placement)
    {
        var args = new DrmXeGemCreate { Size = size, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref args));
        return args.Handle;
    }
}
