using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>What the parts of a mirror fault take, by size of the range (specification 04 chapter 15). Each place takes its own time: pages
/// 1000 us, a bind 20 us up to the last look and 300 us from there.</summary>
public class FaultTimeTests
{
    private readonly VirtualClock _clock = new();

    [Theory]
    [InlineData(Page, 0)]
    [InlineData(Size64K, 1)]
    [InlineData(Size2M, 2)]
    [Rule("STA-004")]
    [Rule("STA-006")]
    [Rule("STA-007")]
    [Rule("PT-206")]
    public void Times_are_counted_by_size_where_they_are_spent(ulong size, int bucket)
    {
        using SvmScene scene = Scene();
        scene.Map(A, size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Only(bucket, 1000), Times(scene, GtCounter.Svm4KGetPagesUs));
        Assert.Equal(Only(bucket, 320), Times(scene, GtCounter.Svm4KBindUs));
        Assert.Equal(Only(bucket, 1320), Times(scene, GtCounter.Svm4KPagefaultUs));

        // Valid already: it takes no time, but it ends well.
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Only(bucket, 1320), Times(scene, GtCounter.Svm4KPagefaultUs));
    }

    [Fact]
    [Rule("STA-004")]
    [Rule("STA-006")]
    [Rule("STA-007")]
    public void Binds_count_also_when_they_fail_and_pages_and_faults_only_when_not()
    {
        using SvmScene scene = Scene();
        scene.Map(A, Size2M);
        scene.Device.Failures.Arm(FailurePoint.PageCollection);
        scene.Device.Failures.Arm(FailurePoint.RangeCommit, times: 2);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        // One look at the pages failed, another succeeded; they stay valid for the later turns.
        Assert.Equal((1000L, 960L, 2960L), (scene.Count(GtCounter.Svm2MGetPagesUs), scene.Count(GtCounter.Svm2MBindUs),
            scene.Count(GtCounter.Svm2MPagefaultUs)));

        // A nack adds nothing to the time of faults.
        scene.Map(A + Size2M, Size2M);
        scene.Device.Failures.Arm(FailurePoint.RangeBind);
        Assert.Equal(Errno.ENOMEM, scene.Fault(A + Size2M));
        Assert.Equal((2000L, 980L, 2960L), (scene.Count(GtCounter.Svm2MGetPagesUs), scene.Count(GtCounter.Svm2MBindUs),
            scene.Count(GtCounter.Svm2MPagefaultUs)));
    }

    private static IEnumerable<long> Only(int bucket, long time) => Enumerable.Range(0, 3).Select(i => i == bucket ? time : 0);

    private static IEnumerable<long> Times(SvmScene scene, GtCounter of4K) => Enumerable.Range(0, 3).Select(i => scene.Count(of4K + i));

    private SvmScene Scene()
    {
        var scene = new SvmScene(XePlatforms.Lnl, options: new XeDeviceOptions { Clock = _clock });
        scene.Device.Failures.Passing = point => _clock.Pause(1000 * point switch
        {
            FailurePoint.PageCollection => 1000,
            FailurePoint.RangeBind => 20,
            FailurePoint.RangeCommit => 300,
            _ => 0,
        });
        return scene;
    }
}
