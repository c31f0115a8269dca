using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// Whatever fails, and wherever it fails, the VM is as before (PT-092, PT-097 to PT-099, PT-147, PT-215; ).
/// </summary>
public class AbortTests
{
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;
    private const ulong Va = 0x40000000;
    private const ulong MappedPages = 80;

    public static TheoryData<string, VmCreateFlags> Settings => new()
    {
        { "tgl", VmCreateFlags.None },
        { "dg2", VmCreateFlags.LrMode },
        { "bmg", VmCreateFlags.ScratchPage | VmCreateFlags.LrMode },
        { "pvc-2t", VmCreateFlags.None },
    };

    [Theory]
    [Rule("PT-092")]
    [Rule("PT-097")]
    [Rule("PT-098")]
    [Rule("PT-099")]
    [Rule("PT-215")]
    [Rule("Q-11")]
    [MemberData(nameof(Settings))]
    public void A_call_that_fails_at_any_allocation_leaves_no_trace(string platform, VmCreateFlags mode) =>
        AssertNoTraceOfAnyFailure(platform, mode, MixedCall);

    [Theory]
    [Rule("PT-098")]
    [Rule("PT-140")]
    [Rule("Q-13")]
    [MemberData(nameof(Settings))]
    public void An_unbind_that_fails_at_any_allocation_leaves_no_trace(string platform, VmCreateFlags mode) =>
        AssertNoTraceOfAnyFailure(platform, mode, _ => [Unmap(Va + GiB, GiB)]);

    [Theory]
    [Rule("PT-147")]
    [Rule("PT-148")]
    [Rule("PT-207")]
    [InlineData(FailurePoint.OpsCreate, 0, Errno.ENOMEM)]
    [InlineData(FailurePoint.OpsCreate, 3, Errno.ENOMEM)]
    [InlineData(FailurePoint.PtOpAllocation, 0, Errno.ENOBUFS)]
    [InlineData(FailurePoint.Execute, 0, Errno.ENOMEM)]
    [InlineData(FailurePoint.Lock, 0, Errno.ENOSPC)]
    [InlineData(FailurePoint.Prepare, 0, Errno.ENOSPC)]
    [InlineData(FailurePoint.Run, 0, Errno.ENOSPC)]
    public void A_call_that_is_made_to_fail_at_any_stage_leaves_no_trace(FailurePoint point, int skip, Errno error)
    {
        using TestGpu gpu = Populated("bmg", VmCreateFlags.None), twin = Populated("bmg", VmCreateFlags.None);
        string[] before = VmImage.Of(gpu);
        DrmXeVmBindOp[] call = MixedCall(gpu);
        gpu.Device.Failures.Arm(point, skip);
        Assert.Equal(error, gpu.TryRun(call).Error);
        Assert.Equal(before, VmImage.Of(gpu));

        // The same call then does what it does on a device that never failed, down to the places of its tables.
        gpu.Run(call);
        twin.Run(MixedCall(twin));
        Assert.Equal(VmImage.Of(twin), VmImage.Of(gpu));
    }

    [Fact]
    [Rule("PT-147")]
    [Rule("Q-07")]
    [Rule("PT-153")]
    public void An_aborted_bind_is_no_longer_staged()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg, FaultMode);
        gpu.Run(Map(gpu.SystemPage(), Va, pat: 2));
        gpu.Device.Failures.Arm(FailurePoint.Run);
        Assert.Equal(Errno.ENOSPC, gpu.TryRun(Prefetch(Va, Page)).Error);
        Assert.Equal((0, 0), ((int)gpu.VmaAt(Va).TileStaged, (int)gpu.VmaAt(Va).TilePresent));

        // So a later unmap has nothing to unbind.
        Assert.Empty(gpu.Run(Unmap(Va, Page)).Tile.Ops);
    }

    /// <summary>One flush too many does no harm, and the reference's vectors show it.</summary>
    [Fact]
    [Rule("PT-176")]
    public void An_aborted_rebind_advances_the_flush_counter_all_the_same()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), Va));
        gpu.Device.Failures.Arm(FailurePoint.Prepare);
        Assert.Equal(Errno.ENOSPC, gpu.TryRun(Prefetch(Va, Page)).Error);
        Assert.Equal(1ul, gpu.Vm.TlbFlushSeqno);
        gpu.Run(Prefetch(Va, Page));
        Assert.Equal(2ul, gpu.Vm.TlbFlushSeqno);
    }

    [Fact]
    [Rule("PT-092")]
    [Rule("PT-099")]
    public void A_fault_that_fails_at_any_allocation_leaves_no_trace()
    {
        for (int passes = 0; ; passes++)
        {
            using var gpu = new TestGpu(XePlatforms.Pvc2T, FaultMode);
            gpu.Run(Map(gpu.SystemPage(), Va, gpu.WriteBack, VmBindFlags.Immediate));
            gpu.Run(Map(gpu.Bo(placements: 1, region: 0, new PhysicalRun(0x200000, 9 * MiB)), Va + Page, gpu.WriteBack));
            string[] before = VmImage.Of(gpu);
            gpu.Device.Failures.Arm(FailurePoint.Allocation, passes);
            Errno error = gpu.Fault(Va + MiB).Error;
            if (error == Errno.Ok)
            {
                Assert.InRange(passes, 8, 100);
                break;
            }

            Assert.Equal(Errno.ENOMEM, error);
            Assert.Equal(before, VmImage.Of(gpu));
        }
    }

    [Fact]
    [Rule("PT-092")]
    [Rule("PT-099")]
    public void A_range_bind_that_fails_at_any_allocation_leaves_no_trace()
    {
        for (int passes = 0; ; passes++)
        {
            using var gpu = new TestGpu(XePlatforms.Pvc2T, FaultMode);
            gpu.Run(MapMirror(Va, GiB, gpu.WriteBack));
            string[] before = VmImage.Of(gpu);
            gpu.Device.Failures.Arm(FailurePoint.Allocation, passes);
            Errno error = gpu.BindRange(Va, Va + (64 * KiB), isVram: false, new PhysicalRun(0x10000, 64 * KiB)).Error;
            if (error == Errno.Ok)
            {
                Assert.InRange(passes, 8, 100);
                break;
            }

            Assert.Equal(Errno.ENOMEM, error);
            Assert.Equal(before, VmImage.Of(gpu));
            Assert.False(gpu.Vm.ZapRange(AddressRange.OfSize(Va, 64 * KiB)));
        }
    }

    private static void AssertNoTraceOfAnyFailure(string platform, VmCreateFlags mode, Func<TestGpu, DrmXeVmBindOp[]> callOf)
    {
        for (int passes = 0; ; passes++)
        {
            using TestGpu gpu = Populated(platform, mode);
            string[] before = VmImage.Of(gpu);
            DrmXeVmBindOp[] call = callOf(gpu);
            using var count = new AllocationCount(gpu.Device.Failures);
            gpu.Device.Failures.Arm(FailurePoint.Allocation, passes);
            Errno error = gpu.TryRun(call).Error;
            if (error == Errno.Ok)
            {
                // Every allocation of the call has been refused once by now.
                Assert.True(count.Value <= passes, $"the refusal of allocation {passes} went unnoticed");
                Assert.True(passes > 1);
                return;
            }

            Assert.True(error is Errno.ENOMEM or Errno.ENOBUFS, $"allocation {passes}: {error}");
            Assert.Equal(before, VmImage.Of(gpu));
        }
    }

    /// <summary>A large mapping of several page sizes and, a GiB higher, many small ones.</summary>
    private static TestGpu Populated(string platform, VmCreateFlags mode)
    {
        var gpu = new TestGpu(platform, mode);
        XeBo large = gpu.SystemBo(new(0x40000000, 2 * MiB), new(0x50010000, 4 * MiB), new(0x60001000, MiB));
        gpu.Run(Map(large, Va, gpu.WriteBack));
        XeBo page = gpu.SystemPage();
        // One call each, so that the engine's lists have not grown yet to what an unmap of all of them needs.
        for (ulong i = 0; i < MappedPages; i++)
            gpu.Run(Map(page, Va + GiB + (i * 2 * MiB), gpu.WriteBack));
        return gpu;
    }

    /// <summary>
    /// Every kind of op at once: a split that binds both pieces again, maps over old and into empty space, unmaps, prefetch.
    /// </summary>
    private static DrmXeVmBindOp[] MixedCall(TestGpu gpu) =>
    [
        Unmap(Va + (3 * MiB) + (64 * KiB), 64 * KiB),
        MapNull(Va + (64 * KiB), 128 * KiB, gpu.WriteBack),
        Map(gpu.SystemBo(new(0x80000000, 2 * MiB), new(0x90010000, 2 * MiB), new(0xa0001000, 64 * KiB)), Va + (4 * GiB), gpu.WriteBack),
        Unmap(Va + GiB, 16 * MiB),
        Prefetch(Va + GiB + (32 * MiB), 4 * MiB),
        Map(gpu.SystemPage(), Va + GiB + (62 * MiB), gpu.WriteBack),
    ];
}
