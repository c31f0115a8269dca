using XePt.Bench;
using XePt.Fences;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>P12 for fences: the steady state allocates no managed memory. Alone, because the pools of blocking waits and awaiters serve all
/// threads.</summary>
[Collection(nameof(AloneCollection))]
public sealed class SyncAllocationTests : IDisposable
{
    private readonly SyncScene _scene = new();
    private readonly FenceSet _set = new();

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    public void Creating_signalling_and_waiting_for_a_fence() => AssertNothing(() =>
    {
        Fence fence = _scene.Device.CreateFence("job");
        return !fence.Wait(TimeSpan.Zero) && fence.TrySignal() && fence.Wait(Timeout.InfiniteTimeSpan);
    });

    [Fact]
    public void Awaiting_a_fence() => AssertNothing(() =>
    {
        Fence fence = _scene.Device.CreateFence("job");
        ValueTask<Errno> wait = fence.WaitAsync();
        return !wait.IsCompleted && fence.TrySignal(Errno.Ok) && wait.GetAwaiter().GetResult() == Errno.Ok;
    });

    [Fact]
    public void Composing_fences() => AssertNothing(() =>
    {
        Fence first = _scene.Device.CreateFence("job"), second = _scene.Device.CreateFence("job");
        _set.Clear();
        _set.Add(first);
        _set.Add(second);
        Fence all = _scene.Device.Points.Of(_set);
        return first.TrySignal() && !all.IsSignalled && second.TrySignal() && all.IsSignalled;
    });

    [Fact]
    public void Signalling_waiting_for_and_resetting_a_syncobj()
    {
        uint handle = File.SyncobjCreate();
        AssertNothing(() =>
        {
            DrmSyncobjWait args = new() { CountHandles = 1, TimeoutNsec = 0 };
            return File.SyncobjSignal(handle) == Errno.Ok && File.SyncobjWait(ref args, [handle]) == Errno.Ok
                && File.SyncobjReset(handle) == Errno.Ok && File.SyncobjWait(ref args, [handle]) == Errno.EINVAL;
        });
    }

    [Fact]
    public void Timelines()
    {
        uint timeline = File.SyncobjCreate(), copy = File.SyncobjCreate();
        ulong point = 0;
        AssertNothing(() =>
        {
            Fence first = _scene.Device.CreateFence("job"), second = _scene.Device.CreateFence("job");
            bool ok = File.SyncobjAttach(timeline, first, ++point) == Errno.Ok && File.SyncobjAttach(timeline, second, ++point) == Errno.Ok;
            ok &= File.SyncobjFence(timeline, point, out Fence both) == Errno.Ok && !both.IsSignalled;
            ok &= File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = timeline, SrcPoint = point, DstHandle = copy }) == Errno.Ok;
            DrmSyncobjTimelineWait args = new() { CountHandles = 1, Points = 1 };
            ok &= File.SyncobjTimelineWait(ref args, [timeline], [point]) == Errno.ETIME;
            ok &= second.TrySignal() && first.TrySignal() && both.IsSignalled;
            ok &= File.SyncobjTimelineWait(ref args, [timeline], [point]) == Errno.Ok;
            ok &= File.SyncobjTimelineSignal(
                new DrmSyncobjTimelineArray { CountHandles = 1, Points = 1 }, [timeline], [++point]) == Errno.Ok;
            Span<ulong> reached = stackalloc ulong[1];
            return ok && File.SyncobjQuery(new DrmSyncobjTimelineArray { CountHandles = 1 }, [timeline], reached) == Errno.Ok
                && reached[0] == point;
        });
    }

    [Fact]
    public void Awaiting_syncobjs_until_they_are_submitted_and_signalled()
    {
        uint handle = File.SyncobjCreate();
        AssertNothing(() =>
        {
            File.SyncobjReset(handle);
            DrmSyncobjWait args = new() { CountHandles = 1, TimeoutNsec = _scene.Clock.Now + 1000, Flags = SyncobjWaitFlags.ForSubmit };
            ValueTask<Errno> wait = File.SyncobjWaitAsync(args, [handle]);
            Fence fence = _scene.Device.CreateFence("job");
            bool ok = !wait.IsCompleted && File.SyncobjAttach(handle, fence) == Errno.Ok && !wait.IsCompleted && fence.TrySignal();
            return ok && wait.GetAwaiter().GetResult() == Errno.Ok;
        });
    }

    [Fact]
    public void Waiting_for_user_fences()
    {
        ulong value = 0;
        File.UserMemory.TryWrite(0x1000, new byte[8]);
        AssertNothing(() =>
        {
            DrmXeWaitUserFence args = new() { Addr = 0x1000, Value = ++value, Mask = ulong.MaxValue, Timeout = 5_000_000 };
            bool ok = File.WaitUserFence(ref args) == Errno.ETIME;
            args.Timeout = -1;
            ValueTask<Errno> wait = File.WaitUserFenceAsync(args);
            Span<byte> word = stackalloc byte[8];
            BitConverter.TryWriteBytes(word, value);
            File.UserMemory.TryWrite(0x1000, word);
            File.NotifyUserFences();
            return ok && wait.GetAwaiter().GetResult() == Errno.Ok;
        });
    }

    /// <summary>Waits that give up leave nodes in the fence's list, at most as many as a sweep lets there be; they come back when it is
    /// swept.</summary>
    [Fact]
    public void Blocking_waits_that_give_up()
    {
        using var scene = new SyncScene(DriveMode.Queued, new SystemClock());
        uint pending = scene.Pending(out _);
        AssertNothing(() =>
        {
            DrmSyncobjWait args = new() { CountHandles = 1, TimeoutNsec = scene.Device.Clock.Now + 50_000 };
            return scene.File.SyncobjWait(ref args, [pending]) == Errno.ETIME;
        });
    }

    [Fact]
    public void Waits_for_a_fence_that_give_up()
    {
        Fence fence = _scene.Device.CreateFence("job");
        AssertNothing(() => !fence.Wait(TimeSpan.FromTicks(100)));
    }

    private static void AssertNothing(Func<bool> round)
    {
        bool ok = true;
        Assert.Equal(0, Allocations.Of(300, () => ok &= round()));
        Assert.True(ok);
    }
}
