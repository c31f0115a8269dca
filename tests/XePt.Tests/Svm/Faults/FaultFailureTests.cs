using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Something fails in the middle of a fault, at each place and each time that it comes by: no byte is lost, nothing leaks, and
/// whatever comes later goes on as if it had not been (HST-039).</summary>
public class FaultFailureTests
{
    private const int Rounds = 12;
    private const ulong Free = A + (1UL << 32);

    public static TheoryData<FailurePoint, string> Points
    {
        get
        {
            var data = new TheoryData<FailurePoint, string>();
            foreach (FailurePoint point in MirrorFaultTests.Points.Where(point => point != FailurePoint.RangeUnbind))
            {
                data.Add(point, "lnl");
                data.Add(point, "bmg");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Points))]
    [Rule("HST-039")]
    public void A_place_that_fails_now_and_then_loses_and_leaks_nothing(FailurePoint point, string platform)
    {
        using var scene = Scene(platform);
        for (int round = 0; round < Rounds; round++)
        {
            scene.Device.Failures.Arm(point, skip: round % 3, times: 1 + (round % 4));
            Round(scene, round);
            scene.Device.Failures.Disarm();
            CheckAfter(scene, round);
        }
    }

    [Theory]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [Rule("HST-039")]
    public void Memory_that_is_short_at_each_allocation_in_turn_loses_and_leaks_nothing(string platform)
    {
        for (int allocation = 0; allocation < 40; allocation++)
        {
            using var scene = Scene(platform);
            scene.Device.Failures.Arm(FailurePoint.Allocation, allocation);
            Round(scene, 0);
            scene.Device.Failures.Disarm();
            CheckAfter(scene, 0);
        }
    }

    private static SvmScene Scene(string platform) => new(
        XePlatforms.TryGet(platform, out PlatformInfo? found) ? found : throw new ArgumentException(platform));

    /// <summary>First touch, a change, the fault after it, a fault elsewhere.</summary>
    private static void Round(SvmScene scene, int round)
    {
        scene.Map(A, Size2M);
        scene.Map(A + Size2M, Size64K);
        Assert.True(scene.Process.TryWrite(A + 8, [(byte)(round + 1)]));
        scene.Fault(A);
        scene.Process.Discard(AddressRange.OfSize(A + Page, Page));
        scene.Fault(A, GpuAccessKind.Write);
        scene.Fault(A + Size2M);
    }

    private static void CheckAfter(SvmScene scene, int round)
    {
        Span<byte> read = stackalloc byte[1];
        Assert.True(scene.Process.TryRead(A + 8, read));
        Assert.Equal(round + 1, read[0]);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(round + 1, scene.Vm.Read<byte>(A + 8));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M, GpuAccessKind.Write));
        XeBo bo = scene.File.CreateBo(Size64K);
        scene.Vm.Map(bo, Free);
        scene.Vm.MapMirror(AddressRange.OfSize(Free, Size64K));
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A, Size2M + Size64K)));
        Assert.Equal(
            (0, 0, 0), (scene.Ranges.Count, scene.Process.SubscriptionCount, scene.Memory.DeviceBlocks));
        Assert.Empty(scene.Vm.GetMappings());
        Assert.Equal(0, scene.Memory.UsedBytes);
    }
}
