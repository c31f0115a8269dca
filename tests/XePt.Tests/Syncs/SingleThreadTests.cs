using XePt.Fences;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>With the queued drive and one thread nobody else can end a wait, so it runs work, lets the clock go, and never
/// blocks.</summary>
public sealed class SingleThreadTests : IDisposable
{
    private readonly SyncScene _scene = new(DriveMode.Queued, singleThreaded: true);

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("DRM-017")]
    public void The_clock_goes_to_the_deadline()
    {
        uint pending = _scene.Pending(out _);
        Assert.Equal(Errno.ETIME, _scene.Wait(1000, 0, pending));
        Assert.Equal(1000, _scene.Clock.Now);
        var args = new DrmXeWaitUserFence { Addr = 0x8000, Value = 1, Mask = ulong.MaxValue, Timeout = 2_000_000 };
        Assert.Equal(Errno.ETIME, File.WaitUserFence(ref args));
        Assert.Equal((2_001_000, 0), (_scene.Clock.Now, args.Timeout));
        Assert.Equal(long.MaxValue, _scene.Clock.NextDue);
    }

    [Fact]
    [Rule("DRM-017")]
    public void The_clock_goes_to_the_event_that_ends_the_wait()
    {
        uint pending = _scene.Pending(out Fence fence);
        _scene.Clock.At(300, () => fence.TrySignal());
        Assert.Equal(Errno.Ok, _scene.Wait(long.MaxValue, 0, pending));
        Assert.Equal(300, _scene.Clock.Now);
    }

    [Fact]
    [Rule("DRM-017")]
    public void An_endless_wait_that_nothing_can_end_is_refused_at_once()
    {
        uint handle = File.SyncobjCreate();
        _scene.AssertRefused(Errno.EDEADLK, "DRM-017", "timeout_nsec", _scene.Wait(long.MaxValue, SyncobjWaitFlags.ForSubmit, handle));
        var args = new DrmXeWaitUserFence { Addr = 0x8000, Value = 1, Mask = ulong.MaxValue, Timeout = -1 };
        _scene.AssertRefused(Errno.EDEADLK, "BIND-255", "timeout", File.WaitUserFence(ref args));
    }

    [Fact]
    [Rule("BIND-250")]
    public void The_wait_runs_work_that_waits_for_a_pump()
    {
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        uint job = _scene.Pending(out Fence fence), done = File.SyncobjCreate();
        var bind =
            new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, NumSyncs = 2, Bind = Op.Null(0x1000, 0x1000, VmBindFlags.Immediate) };
        Assert.Equal(Errno.Ok, File.VmBind(bind, syncs: [Op.In(job), Op.Out(done)]));
        fence.TrySignal();
        Assert.False(_scene.IsSignalled(done));
        Assert.Equal(Errno.Ok, _scene.Wait(long.MaxValue, 0, done));
    }

    /// <summary>The runtime blocks for milliseconds that fit in 31 bits; deadlines lie further off.</summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_001, 2)]
    [InlineData(int.MaxValue * 1_000_000L, int.MaxValue)]
    [InlineData((int.MaxValue * 1_000_000L) + 1, int.MaxValue)]
    [InlineData(long.MaxValue, int.MaxValue)]
    public void Blocking_times_are_rounded_up_and_cut(long nanoseconds, int milliseconds) =>
        Assert.Equal(milliseconds, WaitTime.ToMilliseconds(nanoseconds));
}
