using XePt.Devices;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>How many PT ops a request reserves and uses, and what mirrors do to that: specification 03 section 12.</summary>
public class OperationCountTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;

    [Theory]
    [Rule("PT-121")]
    [Rule("PT-122")]
    [Rule("PT-133")]
    [InlineData(VmCreateFlags.None, VmBindFlags.None, 1, 1, false)]
    [InlineData(VmCreateFlags.ScratchPage, VmBindFlags.None, 1, 1, false)]
    [InlineData(VmCreateFlags.LrMode | VmCreateFlags.ScratchPage, VmBindFlags.None, 1, 1, false)]
    [InlineData(FaultMode, VmBindFlags.None, 0, 0, false)]
    [InlineData(FaultMode, VmBindFlags.Immediate, 1, 1, false)]
    [InlineData(FaultMode | VmCreateFlags.ScratchPage, VmBindFlags.None, 1, 1, true)]
    [InlineData(FaultMode | VmCreateFlags.ScratchPage, VmBindFlags.Immediate, 1, 1, false)]
    public void A_map_reserves_a_PT_op_unless_it_is_left_to_a_fault(
        VmCreateFlags mode, VmBindFlags flags, int reserved, int used, bool invalidates)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, mode);
        RequestTrace map = gpu.Run(Map(gpu.SystemPage(), Va, flags: flags));
        Assert.Equal((reserved, used), (map.Tile.ReservedOps, map.Tile.Ops.Count));
        Assert.Equal(invalidates, gpu.Vm.GetLastRequest().Actions.Single().InvalidateOnBind);
    }

    [Fact]
    [Rule("PT-121")]
    public void A_prefetch_reserves_one_PT_op_per_VMA_and_binds_again_what_is_bound()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(
            Map(gpu.SystemPage(), Va, pat: 2, VmBindFlags.Immediate),
            Map(gpu.SystemPage(), Va + Page, pat: 2),
            MapMirror(Va + (2 * Page), MiB));
        RequestTrace prefetch = gpu.Run(Prefetch(Va, 3 * Page));
        Assert.Equal((2, 2), (prefetch.Tile.ReservedOps, prefetch.Tile.Ops.Count));
        Assert.Equal([true, false], prefetch.Tile.Ops.Select(op => op.IsRebind));
    }

    [Fact]
    [Rule("PT-129")]
    public void A_VMA_is_a_userptr_only_if_it_is_nothing_else()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.File.MapCpuMemory(0x1000, new PhysicalRun(0x5000, Page));
        gpu.Run(
            Map(gpu.SystemPage(), Va),
            MapUserptr(0x1000, Va + Page, Page, pat: 2),
            MapNull(Va + (2 * Page), Page),
            MapMirror(Va + (3 * Page), Page));
        Assert.Equal([VmaKind.Bo, VmaKind.Userptr, VmaKind.Null, VmaKind.Mirror], gpu.Vm.GetVmas().Select(vma => vma.Kind));
        Assert.Equal([true, false, false, false], gpu.Vm.GetVmas().Select(vma => vma.BoNumber != 0));
        GpuvaSpace space = gpu.Vm.Context.Space;
        Assert.Equal([false, true, false, false], gpu.Vm.GetVmas().Select(vma => space.Vmas[space.Find(vma.Range.Start)].Userptr != 0));
        VmaInfo mirror = gpu.Vm.FindVma(Va + (3 * Page))!.Value;
        Assert.Equal((0, 0, 0), (mirror.TilePresent, mirror.TileStaged, mirror.TileInvalidated));
    }

    [Fact]
    [Rule("PT-123")]
    [Rule("PT-124")]
    [Rule("PT-125")]
    [Rule("PT-126")]
    [Rule("PT-132")]
    public void Whatever_is_done_to_an_empty_mirror_touches_no_table()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        foreach (DrmXeVmBindOp op in new[]
        {
            MapMirror(Va, GiB), Unmap(Va + MiB, MiB), Prefetch(Va, MiB), MapMirror(Va, GiB), Unmap(Va, GiB),
        })
        {
            RequestTrace call = gpu.Run(op);
            Assert.Equal((0, 0), (call.Tile.ReservedOps, call.Tile.Ops.Count));
            Assert.Equal(["num_live: T0=0"], gpu.Tree());
            Assert.All(gpu.Vm.GetVmas(), vma => Assert.Equal((0, 0), ((int)vma.TilePresent, (int)vma.TileStaged)));
        }

        Assert.Equal((0, 0L), (gpu.Vm.VmaCount, gpu.Vm.Counters.Commits));
    }

    /// <summary>Of a call that waits, what has entries has a fence over its interval until they are written, and a mirror has none. A
    /// mirror alone gives nobody a fence to wait for, whatever else is in flight.</summary>
    [Fact]
    [Rule("PT-123")]
    [Rule("BIND-174")]
    public void A_mirror_adds_no_fence_where_its_neighbours_do()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        // Its table is there, so that an op changes no more than its own entries.
        gpu.Run(MapNull(Va + MiB, Page, flags: VmBindFlags.Immediate));
        Fence before = gpu.Device.CreateFence("before");
        uint sync = gpu.File.SyncobjCreate();
        Assert.Equal(Errno.Ok, gpu.File.SyncobjAttach(sync, before));
        Assert.Equal(Errno.Ok, gpu.File.VmBind(
            gpu.Vm.Id, [MapNull(Va, MiB, flags: VmBindFlags.Immediate), MapMirror(Va + GiB, MiB)], [new DrmXeSync { Handle = sync }]));
        Assert.NotEmpty(FencesOver(gpu, Va, MiB));
        Assert.Empty(FencesOver(gpu, Va + GiB, MiB));

        List<Fence> inFlight = FencesOf(gpu);
        Assert.NotEmpty(inFlight);
        gpu.Run(MapMirror(Va + (2 * GiB), MiB));
        gpu.Run(MapMirror(Va + (2 * GiB), GiB));
        Assert.Empty(FencesOver(gpu, Va + GiB, 4 * GiB));
        Assert.Equal(inFlight, FencesOf(gpu));
        // Advice cuts a mirror, and adds none either.
        Assert.Equal(Errno.Ok, gpu.File.Madvise(new DrmXeMadvise
        {
            VmId = gpu.Vm.Id,
            Start = Va + (2 * GiB),
            Range = MiB,
            Type = MemRangeAttr.Atomic,
            Atomic = new() { Val = AtomicAccess.Device },
        }));
        Assert.Equal(inFlight, FencesOf(gpu));
        before.TrySignal();
        Assert.Empty(FencesOf(gpu));
    }

    private static List<Fence> FencesOver(TestGpu gpu, ulong start, ulong size)
    {
        var found = new FenceSet();
        gpu.Vm.Context.Jobs.RangeFences[0].Collect(start, start + size - 1, found);
        return [.. found.Fences];
    }

    private static List<Fence> FencesOf(TestGpu gpu)
    {
        var found = new FenceSet();
        gpu.Vm.Context.Jobs.Reservation.Collect(FenceUsage.Bookkeep, found);
        return [.. found.Fences];
    }

    [Fact]
    [Rule("PT-124")]
    [Rule("PT-131")]
    [Rule("PT-130")]
    public void A_BO_mapped_into_a_mirror_splits_it_without_PT_ops_of_its_own()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapMirror(Va, GiB));
        RequestTrace map = gpu.Run(Map(gpu.SystemPage(), Va + MiB, pat: 2, VmBindFlags.Immediate));
        Assert.Equal((1, 1), (map.Tile.ReservedOps, map.Tile.Ops.Count));
        GpuvaActionInfo remap = gpu.Vm.GetLastRequest().Actions[0];
        Assert.True(remap is { Action: GpuvaAction.Remap, Previous.IsSkipped: true, Next.IsSkipped: true });
        Assert.Equal([VmaKind.Mirror, VmaKind.Bo, VmaKind.Mirror], gpu.Vm.GetVmas().Select(vma => vma.Kind));
    }

    [Theory]
    [Rule("PT-127")]
    [InlineData(Va - (64 * KiB), Va)]
    [InlineData(Va + GiB - Page, Va + GiB + Page)]
    [InlineData(Va + GiB, Va + GiB + Page)]
    public void A_range_must_lie_inside_one_mirror(ulong start, ulong end)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(MapMirror(Va, GiB), Map(gpu.SystemPage(), Va + GiB, pat: 2, VmBindFlags.Immediate));
        string[] before = VmImage.Of(gpu);
        Assert.Equal(Errno.EINVAL, gpu.BindRange(start, end, isVram: false, new PhysicalRun(0x10000, end - start)).Error);
        Assert.Equal(before, VmImage.Of(gpu));
    }

    /// <summary>Nothing to submit is a success that signals, unless the call would have to wait for something.</summary>
    [Fact]
    [Rule("PT-132")]
    public void A_call_without_PT_ops_succeeds_and_signals_but_cannot_wait()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        var args = new DrmXeVmBind { VmId = gpu.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = MapMirror(Va, GiB) };
        var signal = new DrmXeSync { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = 0x1000, TimelineValue = 42 };
        Assert.Equal(Errno.Ok, gpu.File.VmBind(args, syncs: [signal]));
        var fence = new byte[8];
        Assert.True(gpu.File.UserMemory.TryRead(0x1000, fence));
        Assert.Equal(42ul, BitConverter.ToUInt64(fence));

        args.Bind = MapMirror(Va + (2 * GiB), GiB);
        var wait = new DrmXeSync { Type = SyncType.Syncobj, Handle = gpu.File.SyncobjCreate(signalled: true) };
        Assert.Equal(Errno.EOPNOTSUPP, gpu.File.VmBind(args, syncs: [wait]));
        Assert.Equal(2, gpu.Vm.VmaCount);
    }

    [Theory]
    [Rule("PT-135")]
    [InlineData(1, Errno.ENOMEM)]
    [InlineData(2, Errno.ENOBUFS)]
    public void Without_room_for_the_PT_ops_an_array_of_binds_fails_differently(int binds, Errno error)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        DrmXeVmBindOp[] ops = [.. Enumerable.Range(0, binds).Select(i => Map(gpu.SystemPage(), Va + ((ulong)i * Page)))];
        string[] before = VmImage.Of(gpu);
        gpu.Device.Failures.Arm(FailurePoint.PtOpAllocation);
        Assert.Equal(error, gpu.TryRun(ops).Error);
        Assert.Equal(before, VmImage.Of(gpu));
    }

    /// <summary>
    /// Known behaviour of the reference: the request has a PT op to count but none to run, and the range keeps reading as scratch.
    /// </summary>
    [Fact]
    [Rule("Q-09")]
    [Rule("PT-134")]
    public void A_mirror_in_a_scratch_VM_counts_a_PT_op_that_is_never_staged()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode | VmCreateFlags.ScratchPage);
        RequestTrace map = gpu.Run(MapMirror(Va, GiB));
        Assert.Equal((1, 0), (map.Tile.ReservedOps, map.Tile.Ops.Count));
        Assert.Equal(0L, gpu.Vm.Counters.Commits);
        Assert.True(ByteWalker.Walk(gpu.Vm, Va).Has(EntryBits.Null));
    }
}
