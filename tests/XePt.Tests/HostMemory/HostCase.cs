using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.HostMemory;

/// <summary>A call that must fail with -ENOMEM and change nothing when the host refuses a block of memory.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Make">The scene before the call.</param>
/// <param name="Act">The call.</param>
/// <param name="Repins">A userptr may have its pages of now before the call fails, as after a call that is repeated.</param>
internal sealed record HostCase(string Name, Func<BindScene> Make, Func<BindScene, Errno> Act, bool Repins = false)
{
    private const ulong Cpu = 0x7000_0000;
    private const uint Fault = 6;

    public static IEnumerable<HostCase> All => [.. Creations(), .. Binds(), .. Faults(), .. Moves()];

    private static IEnumerable<HostCase> Creations()
    {
        VmCreateFlags[] kinds = [0, VmCreateFlags.ScratchPage, VmCreateFlags.LrMode | VmCreateFlags.FaultMode];
        foreach (VmCreateFlags flags in kinds)
        {
            // As many VMs as a slab of table pages suffices for.
            yield return new($"VM_CREATE {flags}", () => TwoTiles(vms: 64), scene => CreateVm(scene, flags));
        }

        yield return new("GEM_CREATE in VRAM", Plain, scene => CreateBo(scene, MiB, 2));
        yield return new("GEM_CREATE in system memory", Plain, scene => CreateBo(scene, MiB, 1));
        yield return new("GEM_CREATE anywhere", Plain, scene => CreateBo(scene, MiB, 3));
        yield return new("GEM_CREATE of scattered pages", Plain, scene => CreateBo(scene, 0x4000, 1, Scattered(4)));
    }

    private static IEnumerable<HostCase> Binds()
    {
        yield return new("a first page", Plain, scene => scene.Bind(Op.Map(1, A, 0x1000)));
        yield return new("a first page on two tiles", () => TwoTiles(), scene => scene.Bind(Suited(scene, Op.Map(2, A, 0x1000))));
        yield return new("pages of 2 MiB", Plain, scene => scene.Bind(Op.Map(1, A, 4 * MiB)));
        yield return new("scattered pages", Plain, scene => scene.Bind(Op.Map(4, A, 4 * MiB)));
        yield return new("NULL over much", Plain, scene => scene.Bind(Op.Null(0x1000, (1ul << 46) - 0x3000)));
        yield return new("a userptr", Plain, scene => scene.Bind(Op.Userptr(Cpu, A, 0x1_0000)));
        yield return new("a userptr across mappings", Plain, scene => scene.Bind(Op.Userptr(Cpu + 0x8000, A, 0x1_8000)));
        yield return new("a mirror", () => Plain(Fault), scene => scene.Bind(scene.Mirror(0, E)));
        yield return new("IMMEDIATE", () => Plain(Fault), scene => scene.Bind(Op.Map(1, A, 0x1_0000, 0, VmBindFlags.Immediate)));
        yield return new("a page among many", Crowded, scene => scene.Bind(Op.Map(2, A, 0x1000)));
        yield return new("a split", Crowded, scene => scene.Bind(Op.Unmap(0x4000_1000, 0x1000)));
        yield return new("a hole in pages of 2 MiB", Crowded, scene => scene.Bind(Op.Unmap((8ul << 40) + MiB, 0x1000)));
        yield return new("an unmap", Crowded, scene => scene.Bind(Op.Unmap(0x4000_0000, 0x6000_0000)));
        yield return new("an unmap of everything", Crowded, scene => scene.Bind(Op.Unmap(0, 1ul << 46)));
        yield return new("a replacement", Crowded, scene => scene.Bind(Op.Map(2, 0x4000_0000, 4 * MiB)));
        yield return new("PREFETCH of a userptr", Crowded, scene => scene.Bind(Op.Prefetch(9ul << 40, MiB, 0)));
        yield return new("an array of maps", Plain, scene => scene.Bind(Nulls(3000)));
        yield return new("an array of everything", Crowded, scene => scene.Bind(Everything()));
        yield return new("a bind that waits", Plain, scene => Deferred(scene, Op.Map(4, A, 4 * MiB)));
        yield return new("an array that waits", Crowded, scene => Deferred(scene, Everything()));
        yield return new("a user fence", Plain, scene => scene.Bind([Op.UserFence(0x5000, 1)], Op.Map(1, A, 0x1000)));
        yield return new("many syncs", Plain, scene => scene.Bind(
            [.. Enumerable.Range(0, 100).Select(_ => Op.Out(scene.File.SyncobjCreate()))], Op.Map(1, A, 0x1000)));
    }

    private static IEnumerable<HostCase> Faults()
    {
        yield return new("a fault", () => Prepared(Fault, Op.Map(4, A, 20 * MiB)), scene => scene.Vm.Fault(A));
        yield return new("a fault in a userptr that has changed", () => Stale(Fault), scene => scene.Vm.Fault(A), Repins: true);
        yield return new(
            "an SVM range", Mirrored, scene => scene.Vm.BindRange(AddressRange.OfSize(A, 0x4000), isVram: false, Scattered(4)));
        yield return new("the end of an SVM range", Populated, scene => scene.Vm.UnbindRange(AddressRange.OfSize(A, 512 * MiB)));
    }

    private static IEnumerable<HostCase> Moves()
    {
        yield return new("an eviction", Crowded, scene => scene.File.EvictBo(3));
        yield return new("a move", Crowded, scene => scene.File.MoveBo(3, 0));
        yield return new("a move to pages of the embedder's", Crowded, scene => scene.File.MoveBo(2, 0, Scattered(1024)));
        yield return new("a rebind", Evicted, scene => scene.Vm.RebindEvicted());
        yield return new("a rebind of a userptr", () => Stale(0), scene => scene.Vm.RebindEvicted(), Repins: true);
    }

    /// <summary>The op with a PAT index that every memory of the platform accepts.</summary>
    public static DrmXeVmBindOp Suited(BindScene scene, in DrmXeVmBindOp op) =>
        op with { PatIndex = (ushort)scene.Device.Platform.Pat.IndexWriteBack };

    private static Errno CreateVm(BindScene scene, VmCreateFlags flags)
    {
        var args = new DrmXeVmCreate { Flags = flags };
        return scene.File.VmCreate(ref args);
    }

    private static Errno CreateBo(BindScene scene, ulong size, uint placement, params PhysicalRun[] runs)
    {
        CpuCaching caching = placement == 1 ? CpuCaching.WriteBack : CpuCaching.WriteCombined;
        var args = new DrmXeGemCreate { Size = size, Placement = placement, CpuCaching = caching };
        return scene.File.GemCreate(ref args, 0, runs);
    }

    private static Errno Deferred(BindScene scene, params DrmXeVmBindOp[] ops)
    {
        uint handle = scene.File.SyncobjCreate();
        Fence fence = scene.Device.CreateFence("host");
        scene.File.SyncobjAttach(handle, fence);
        Errno error = scene.Bind([Op.In(handle)], ops);
        fence.TrySignal();
        scene.File.SyncobjDestroy(handle);
        return error;
    }

    /// <summary>BOs 1 to 4: 8 MiB of VRAM, 4 MiB of system memory, 1 MiB of either, 20 MiB of scattered system pages; and CPU memory in two
    /// mappings.</summary>
    private static BindScene Plain() => Plain(0);

    private static BindScene Plain(uint vmFlags) => Fill(new BindScene(vmFlags));

    private static BindScene TwoTiles(int vms = 1)
    {
        BindScene scene = Fill(new BindScene(0, platform: TestGpu.Named("pvc-2t")));
        for (int i = 1; i < vms; i++)
            scene.CreateVm(0);
        return scene;
    }

    private static BindScene Fill(BindScene scene)
    {
        scene.Bo("V", 8 * MiB);
        scene.Bo("S", 4 * MiB, placement: 1, caching: CpuCaching.WriteCombined);
        scene.Bo("E", MiB, placement: 3);
        scene.Bo("P", 20 * MiB, placement: 1, caching: CpuCaching.WriteCombined, runs: Scattered(5120));
        Assert.True(scene.File.MapCpuMemory(Cpu, Scattered(16)));
        Assert.True(scene.File.MapCpuMemory(Cpu + 0x1_0000, Scattered(16)));
        return scene;
    }

    private static BindScene Prepared(uint vmFlags, params DrmXeVmBindOp[] ops)
    {
        BindScene scene = Plain(vmFlags);
        scene.Do(ops);
        return scene;
    }

    /// <summary>As many VMAs as fill a leaf of the index and a chunk of slots, of every kind, with no room to spare.</summary>
    private static BindScene Crowded()
    {
        BindScene scene = Prepared(
            0, Op.Map(1, 8ul << 40, 8 * MiB), Op.Map(4, (8ul << 40) + (16 * MiB), 4 * MiB), Op.Map(3, (8ul << 40) + (32 * MiB), MiB),
            Op.Map(2, (8ul << 40) + (48 * MiB), 4 * MiB), Op.Userptr(Cpu + 0x8000, 9ul << 40, 0x1_0000));
        foreach (DrmXeVmBindOp op in Nulls(1023 - scene.Vm.VmaCount))
            scene.Do(op);
        return scene;
    }

    private static BindScene Evicted()
    {
        BindScene scene = Crowded();
        Assert.Equal(Errno.Ok, scene.File.MoveBo(3, 0));
        Assert.Equal(Errno.Ok, scene.File.MoveBo(2, 0, Scattered(1024)));
        return scene;
    }

    private static BindScene Stale(uint vmFlags)
    {
        BindScene scene = Prepared(vmFlags, Op.Userptr(Cpu + 0x8000, A, 0x1_0000));
        scene.File.InvalidateCpuMemory(AddressRange.OfSize(Cpu, 0x2_0000));
        return scene;
    }

    private static BindScene Mirrored()
    {
        BindScene scene = Plain(Fault);
        scene.Do(scene.Mirror(0, E));
        return scene;
    }

    private static BindScene Populated()
    {
        BindScene scene = Mirrored();
        Assert.Equal(Errno.Ok, scene.Vm.BindRange(
            AddressRange.OfSize(A, 512 * MiB), isVram: false, new PhysicalRun(0x8_0000_0000, 512 * MiB)));
        // Its table stays when the other one goes.
        scene.Populate(A + (512 * MiB), A + (514 * MiB));
        return scene;
    }

    private static PhysicalRun[] Scattered(int pages) =>
        [.. Enumerable.Range(0, pages).Select(i => new PhysicalRun(0x8_0000_0000 + ((ulong)i * 0x3000), 0x1000))];

    /// <summary>VMAs of 8 MiB with the same between them, from 1 GiB on.</summary>
    private static DrmXeVmBindOp[] Nulls(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Op.Null(0x4000_0000 + ((ulong)i * 16 * MiB), 8 * MiB))];

    private static DrmXeVmBindOp[] Everything() =>
    [
        Op.Map(4, A + 0x1000, 4 * MiB), Op.Unmap(A + 0x2000, 0x1000), Op.Unmap(0x4000_0000, 0x3000_0000),
        Op.Userptr(Cpu, 7ul << 40, 0x2_0000),
        Op.Prefetch(9ul << 40, 0x1000, 0), Op.UnmapAll(1), Op.Map(1, 6ul << 40, 8 * MiB),
        Op.Unmap((6ul << 40) + 0x1_0000, 0x1_0000), .. Nulls(200),
    ];
}
