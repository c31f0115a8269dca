using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Diagnostics;

/// <summary>A hook that throws where a place is passed (<see cref="FailureInjector.Passing"/>), also in the middle of a short section that
/// others wait for: its exception leaves the call, and nobody waits afterwards.</summary>
public class ThrowingHookTests
{
    private static readonly Dictionary<string, (PlatformInfo Platform, Action<SvmScene> Before, Action<SvmScene> Act)> Calls = new()
    {
        ["VM"] = (XePlatforms.Bmg, _ => { }, CreateVm),
        ["BO"] = (XePlatforms.Bmg, _ => { }, scene => scene.Bo(3 * Size2M)),
        ["move"] = (XePlatforms.Bmg, scene => scene.Bo(3 * Size2M, placements: 3), scene => Move(scene, 0)),
        ["move back"] = (XePlatforms.Bmg, MovedOut, scene => Move(scene, 1)),
        ["bind"] = (XePlatforms.Bmg, scene => scene.Bo(Size2M), scene => scene.Bind(VmBindOp.Map, A, Size2M, VmBindFlags.Immediate, bo: 1)),
        ["fault"] = (XePlatforms.Bmg, scene => scene.Map(A, Size64K), scene => Assert.Equal(Errno.Ok, scene.Fault(A))),
        ["fault of an integrated device"] =
            (XePlatforms.Lnl, scene => scene.Map(A, Size64K), scene => Assert.Equal(Errno.Ok, scene.Fault(A))),
        ["prefetch"] = (XePlatforms.Bmg, scene => scene.Map(A, Size64K), scene => Prefetch(scene)),
    };

    /// <summary>The calls.</summary>
    public static TheoryData<string> Names => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_exception_at_any_place_of_a_call_holds_nobody_up(string name)
    {
        (PlatformInfo platform, Action<SvmScene> before, Action<SvmScene> act) = Calls[name];
        int places = 0;
        while (ThrowsAt(places, platform, before, act))
            places++;
        Assert.True(places > 0);
    }

    [Theory]
    [InlineData("VM")]
    [InlineData("BO")]
    [InlineData("move")]
    [InlineData("move back")]
    public void And_nothing_that_it_had_taken_stays_taken(string name)
    {
        (PlatformInfo platform, Action<SvmScene> before, Action<SvmScene> act) = Calls[name];
        bool isThrown = true;
        for (int place = 0; isThrown; place++)
        {
            using var scene = new SvmScene(platform);
            before(scene);
            string used = Used(scene);
            isThrown = Throws(scene, place, act);
            if (isThrown)
                Assert.Equal((place, used), (place, Used(scene)));
        }
    }

    private static bool ThrowsAt(int place, PlatformInfo platform, Action<SvmScene> before, Action<SvmScene> act)
    {
        using var scene = new SvmScene(platform);
        before(scene);
        bool isThrown = Throws(scene, place, act);
        // Whatever it had entered can be entered again, by calls of every kind, and by the end of the device.
        CreateVm(scene);
        uint bo = scene.Bo(Size2M, placements: platform.IsDiscrete ? 3u : 1);
        Assert.Equal(Errno.Ok, scene.File.MoveBo(bo, 0));
        scene.Map(A + (8 * Size2M), Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A + (8 * Size2M)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, A + (4 * Size2M), Size2M, bo: bo));
        Assert.Equal(Errno.Ok, scene.Fault(A + (4 * Size2M), GpuAccessKind.Write));
        Assert.Equal(Errno.Ok, scene.Process.Unmap(new(A + (8 * Size2M), A + (8 * Size2M) + Size64K)));
        return isThrown;
    }

    private static bool Throws(SvmScene scene, int place, Action<SvmScene> act)
    {
        int left = place;
        scene.Device.Failures.Passing = _ =>
        {
            if (left-- == 0)
                throw new BadImageFormatException("planted");
        };
        Exception? thrown = Record.Exception(() => act(scene));
        scene.Device.Failures.Passing = null;
        Assert.True(thrown is null or BadImageFormatException, $"{thrown}");
        return thrown is not null;
    }

    private static string Used(SvmScene scene) =>
        $"{scene.Device.TablesInUse} {string.Join(' ', scene.Device.Memory.Regions.Select(region => region.Allocator.FreeBytes))}";

    private static void CreateVm(SvmScene scene)
    {
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.ScratchPage };
        Assert.Equal(Errno.Ok, scene.File.VmCreate(ref create));
    }

    private static void Prefetch(SvmScene scene) =>
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, A, Size64K, region: 1));

    private static void MovedOut(SvmScene scene)
    {
        scene.Bo(3 * Size2M, placements: 3);
        Move(scene, 0);
    }

    private static void Move(SvmScene scene, int region) => Assert.Equal(Errno.Ok, scene.File.MoveBo(1, region));
}
