using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Tlb;

/// <summary>Which invalidations the operations of a VM send to clients, and what they wait for (PT-178, PT-179, PT-183, PT-187).</summary>
public class TlbFlushTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;

    [Fact]
    [Rule("PT-178")]
    [Rule("PT-179")]
    [Rule("PT-143")]
    public void An_unbind_invalidates_the_hull_on_the_primary_and_the_media_GT()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        RecordingTlb[] gts = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        Assert.All(gts, gt => Assert.Empty(gt.Received));
        RequestTrace unbind = gpu.Run(Unmap(Va, Page));
        foreach (RecordingTlb gt in gts)
        {
            TlbInvalidation seen = Assert.Single(gt.Received);
            Assert.Equal((TlbInvalidationCause.Bind, gpu.Vm.TlbVm), (seen.Cause, seen.Vm));
            Assert.Equal((unbind.Tile.Start, unbind.Tile.Last + 1), (seen.Range.Start, seen.Range.End));
        }
    }

    [Theory]
    [Rule("PT-206")]
    [InlineData("bmg")]
    [InlineData("pvc-2t")]
    [InlineData("tgl")]
    public void Counters_are_the_same_whether_or_not_anybody_listens_and_stay_when_the_VM_has_gone(string platform)
    {
        using TestGpu unheard = new(platform), heard = new(platform);
        RecordingTlb[] gts = Register(heard);
        foreach (TestGpu gpu in (TestGpu[])[unheard, heard])
        {
            XeVm other = Create(gpu.File);
            gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
            gpu.Run(Unmap(Va, Page));
            gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id });
            gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = other.Id });
        }

        for (int gt = 0; gt < gts.Length; gt++)
        {
            int id = gts[gt].Last.Gt;
            TlbCounters counters = unheard.Device.Tlb.GetCounters(id);
            Assert.Equal(heard.Device.Tlb.GetCounters(id), counters);
            Assert.Equal((gts[gt].Received.Count, 3L), (counters.Invalidations, counters.Invalidations));
            Assert.Equal(gts[gt].Received.Sum(seen => (long)(seen.Range.Size)), counters.BytesAsked);
            Assert.Equal(gts[gt].Received.Sum(seen => (long)seen.Shaped.Size), counters.BytesShaped);
            Assert.Equal(gts[gt].Received.Count(seen => seen.IsFull), counters.FullInvalidations);
        }
    }

    [Fact]
    [Rule("PT-178")]
    [Rule("BIND-267")]
    public void A_zap_invalidates_exactly_the_VMA_and_is_acknowledged_when_it_returns()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        RecordingTlb[] gts = Register(gpu);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Vm.Zap(Va);
        foreach (RecordingTlb gt in gts)
            Assert.Equal(
                (TlbInvalidationCause.Zap, AddressRange.OfSize(Va, Page), true), (gt.Last.Cause, gt.Last.Range, gt.Last.IsSynchronous));
        gpu.Vm.Zap(Va);
        Assert.All(gts, gt => Assert.Single(gt.Received));
    }

    [Fact]
    [Rule("PT-178")]
    [Rule("SVM-144")]
    public void A_zapped_range_counts_on_both_GTs()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        RecordingTlb[] gts = Register(gpu);
        gpu.Run(MapMirror(Va, GiB));
        gpu.BindRange(Va, Va + (64 * KiB), isVram: true, new PhysicalRun(0x10000, 64 * KiB));
        Assert.True(gpu.Vm.ZapRange(AddressRange.OfSize(Va, 64 * KiB)));
        Assert.False(gpu.Vm.ZapRange(AddressRange.OfSize(Va, 64 * KiB)));
        for (int gt = 0; gt < gts.Length; gt++)
        {
            Assert.Equal(
                (TlbInvalidationCause.Range, Va, Va + (64 * KiB)), (gts[gt].Last.Cause, gts[gt].Last.Range.Start, gts[gt].Last.Range.End));
            Assert.Equal((1L, 1L), (gpu.Device.Tlb.GetCounters(gt).Invalidations, gpu.Device.Tlb.GetCounters(gt).SvmInvalidations));
        }
    }

    [Theory]
    [Rule("PT-183")]
    [InlineData("bmg")]
    [InlineData("pvc-2t")]
    [InlineData("tgl")]
    [Rule("PT-196")]
    public void Closing_a_VM_invalidates_all_of_it_on_every_GT(string platform)
    {
        using var gpu = new TestGpu(platform);
        RecordingTlb[] gts = Register(gpu);
        gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id });
        foreach (RecordingTlb gt in gts)
        {
            TlbInvalidation seen = Assert.Single(gt.Received);
            Assert.Equal((TlbInvalidationCause.Close, 0ul, gpu.Vm.Size), (seen.Cause, seen.Range.Start, seen.Range.End));
            Assert.Equal(!gpu.Device.Platform.HasRangeTlbInvalidation, seen.IsFull);
            Assert.True(seen.IsFull || seen.Shaped.Size == gpu.Vm.Size);
        }
    }

    [Fact]
    [Rule("PT-178")]
    public void Only_tiles_whose_entries_were_zeroed_are_flushed()
    {
        using var gpu = new TestGpu("pvc-2t", FaultMode);
        RecordingTlb[] gts = Register(gpu);
        Assert.Equal(2, gts.Length);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Vm.Context.Space.Vmas[gpu.Vm.Context.Space.Find(Va)].TileInvalidated = 1;
        gpu.Vm.Zap(Va);
        Assert.Equal((0, 1), (gts[0].Received.Count, gts[1].Received.Count));
    }

    [Fact]
    [Rule("PT-185")]
    public void A_zap_that_nobody_acknowledges_times_out()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Device.Tlb.WaitLimit = TimeSpan.Zero;
        using TlbRegistration registration = gpu.Device.Tlb.Register(0, new RecordingTlb(acknowledges: false));
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
        Assert.Equal(Errno.Ok, gpu.Vm.Zap(Va));
        Assert.Equal((1L, false), (gpu.Device.Tlb.GetCounters(0).Timeouts, gpu.Device.Tlb.IsAcknowledged(0, 1)));
    }

    [Fact]
    [Rule("PT-183")]
    public void Tables_of_a_closed_VM_wait_for_the_acknowledgement()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int before = gpu.Device.TablesInUse;
        var client = new RecordingTlb(acknowledges: false);
        using TlbRegistration registration = gpu.Device.Tlb.Register(0, client);
        XeVm vm = Create(gpu.File);
        gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id });
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        int held = gpu.Device.TablesInUse;
        client.Last.Acknowledge();
        gpu.Run(Map(gpu.SystemPage(), Va + Page, gpu.WriteBack));
        int below = gpu.Device.Platform.LevelCount - 1;
        Assert.Equal((before + below + 1, before + below), (held, gpu.Device.TablesInUse));
    }

    [Fact]
    [Rule("PT-173")]
    public void An_unbind_is_complete_and_its_tables_are_free_when_all_GTs_have_acknowledged()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        RecordingTlb[] gts = [new(acknowledges: false), new(acknowledges: false)];
        using TlbRegistration primary = gpu.Device.Tlb.Register(0, gts[0]), media = gpu.Device.Tlb.Register(1, gts[1]);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        int tables = gpu.Device.TablesInUse;
        gpu.Run(Unmap(Va, Page));
        Assert.Equal((tables, false), (gpu.Device.TablesInUse, gpu.Vm.Context.IsIdle));
        gts[0].Last.Acknowledge();
        Assert.False(gpu.Vm.Context.IsIdle);
        gts[1].Last.Acknowledge();
        Assert.True(gpu.Vm.Context.IsIdle);
        gpu.Run(Unmap(Va, Page));
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-185")]
    public void After_a_time_out_an_unbind_is_complete_but_its_tables_wait_for_the_acknowledgement()
    {
        var clock = new VirtualClock();
        using var gpu = new TestGpu(XePlatforms.Bmg, 0, new XeDeviceOptions { Clock = clock });
        var client = new RecordingTlb(acknowledges: false);
        using TlbRegistration registration = gpu.Device.Tlb.Register(0, client);
        gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack));
        int tables = gpu.Device.TablesInUse;
        gpu.Run(Unmap(Va, Page));
        clock.Advance(TlbHub.TimeoutNs);
        Assert.True(gpu.Vm.Context.IsIdle);
        gpu.Run(Unmap(Va, Page));
        Assert.Equal(tables, gpu.Device.TablesInUse);
        client.Received[0].Acknowledge();
        gpu.Run(Unmap(Va, Page));
        Assert.Equal(1, gpu.Device.TablesInUse);
    }

    [Fact]
    [Rule("PT-176")]
    public void A_rebind_that_displaces_tables_flushes_for_walk_caches_though_the_reference_does_not()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        RecordingTlb[] gts = Register(gpu);
        XeBo bo = gpu.SystemBo(new PhysicalRun(4 * GiB, 4 * KiB, 512, 8 * KiB));
        gpu.Run(Map(bo, Va, gpu.WriteBack, VmBindFlags.Immediate));
        gpu.Move(bo, region: 1, new PhysicalRun(8 * GiB, 2 * MiB));
        Assert.Equal(TlbInvalidationCause.Zap, Assert.Single(gts[0].Received).Cause);
        RequestTrace fault = gpu.Fault(Va);
        Assert.Equal(2 * MiB, gpu.Vm.Translate(Va).PageSize);
        Assert.Equal((false, 0L), (fault.Tile.NeedsInvalidation, gpu.Vm.Counters.RequestInvalidations));
        foreach (RecordingTlb gt in gts)
            Assert.Equal((2, TlbInvalidationCause.Bind), (gt.Received.Count, gt.Last.Cause));
    }

    [Fact]
    [Rule("PT-176")]
    public void A_batch_flushes_its_VM_on_its_GT_without_a_message()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        RecordingTlb[] gts = Register(gpu);
        Assert.True(gpu.Vm.Context.Tlb.OfBatch(1).IsSignalled);
        Assert.Equal((TlbInvalidationCause.Exec, 0ul, gpu.Vm.Size), (gts[1].Last.Cause, gts[1].Last.Range.Start, gts[1].Last.Range.End));
        TlbCounters counters = gpu.Device.Tlb.GetCounters(1);
        Assert.Equal((0, 0L, 1L), (gts[0].Received.Count, counters.Invalidations, counters.BatchFlushes));
    }

    [Fact]
    [Rule("PT-182")]
    [Rule("FLT-039")]
    public void Address_space_ids_go_round_and_devices_without_them_send_0()
    {
        using var device = new XeDevice(XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        Assert.Equal([new TlbVm(1, 1), new TlbVm(2, 2)], [Create(file).TlbVm, Create(file).TlbVm]);
        file.VmDestroy(new DrmXeVmDestroy { VmId = 1 });
        Assert.Equal(new TlbVm(3, 3), Create(file).TlbVm);

        using var old = new XeDevice(XePlatforms.Tgl);
        XeFile client = old.OpenFile();
        Assert.Equal([new TlbVm(1, 0), new TlbVm(2, 0)], [Create(client).TlbVm, Create(client).TlbVm]);
    }

    [Fact]
    [Rule("FLT-039")]
    public void Address_space_ids_begin_again_after_the_last_and_skip_those_in_use()
    {
        var asids = new XePt.Tlb.AsidTable();
        for (uint asid = 1; asid < XePt.Tlb.AsidTable.Limit; asid++)
            Assert.Equal(asid, asids.Rent());
        Assert.Equal(0u, asids.Rent());
        asids.Return(5);
        asids.Return(3);
        Assert.Equal([3u, 5u, 0u], [asids.Rent(), asids.Rent(), asids.Rent()]);
    }

    private static RecordingTlb[] Register(TestGpu gpu)
    {
        var gts = new List<RecordingTlb>();
        for (int gt = 0; gt < 32; gt++)
        {
            if ((gpu.Device.Tlb.GtMask >> gt & 1) == 0)
                continue;
            gts.Add(new RecordingTlb());
            gpu.Device.Tlb.Register(gt, gts[^1]);
        }

        return [.. gts];
    }

    private static XeVm Create(XeFile file)
    {
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        return file.FindVm(create.VmId)!;
    }
}
