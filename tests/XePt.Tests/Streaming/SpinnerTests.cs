using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Jobs that wait while the CPU and others go on.</summary>
public sealed class SpinnerTests : IDisposable
{
    private const ulong Started = Data, End = Data + 4;

    private readonly StreamScene _scene = new();

    public void Dispose() => _scene.Dispose();

    [Fact, Rule("RN-067")]
    public void A_spinner_runs_while_the_cpu_goes_on_and_ends_when_it_says_so()
    {
        _scene[4] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Started, End));
        Assert.Equal((0xc0ffeeu, false, 1), (_scene[0], spins.IsSignalled, _scene.Streamer.JobCount));
        Assert.False(_scene.Streamer.Run().HasProgressed);

        _scene[4] = 0;
        _scene.Streamer.Run();
        Assert.Equal((true, Errno.Ok, 0), (spins.IsSignalled, spins.Error, _scene.Streamer.JobCount));
    }

    [Fact]
    public void The_device_s_clock_lets_jobs_go_on_by_themselves()
    {
        _scene[4] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Started, End));
        _scene.Clock.Advance(1_000_000);
        _scene[4] = 0;
        Assert.False(spins.IsSignalled);
        _scene.Clock.Advance(1_000_000);
        Assert.True(spins.IsSignalled);
        // Nothing is left on the clock.
        _scene.Clock.Advance(1_000_000);
        Assert.Equal(long.MaxValue, _scene.Clock.NextDue);
    }

    [Fact]
    public void A_wait_of_a_client_lets_the_clock_go_on_and_so_the_job()
    {
        _scene[4] = 1;
        uint handle = _scene.File.SyncobjCreate();
        _scene.Put(Spinner(Code, Started, End));
        Assert.Equal(Errno.Ok, _scene.File.Exec(_scene.Queue.Id, [Code], [
            new DrmXeSync { Type = SyncType.Syncobj, Flags = SyncFlags.Signal, Handle = handle }]));
        _scene.Clock.At(3_000_000, () => _scene[4] = 0);
        Assert.Equal(Errno.Ok, _scene.File.SyncobjWait([handle], long.MaxValue));
        Assert.InRange(_scene.Clock.Now, 3_000_000, 5_000_000);
    }

    [Fact]
    public void A_spinner_on_another_queue_does_not_hold_up_a_job()
    {
        _scene[4] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Started, End));
        Fence other = _scene.Submit(new BatchWords().Store(Data + 8, 1u).End(), Code + 0x1000, _scene.NewQueue());
        Assert.Equal((false, true, 1u), (spins.IsSignalled, other.IsSignalled, _scene[8]));
        Fence behind = _scene.Submit(new BatchWords().Store(Data + 12, 1u).End(), Code + 0x2000);
        Assert.Equal((false, 0u), (behind.IsSignalled, _scene[12]));
        _scene[4] = 0;
        _scene.Streamer.Run();
        Assert.Equal((true, true, 1u), (spins.IsSignalled, behind.IsSignalled, _scene[12]));
    }

    [Fact]
    public void A_job_that_takes_too_long_is_ended_by_the_clock_with_its_queue()
    {
        _scene[4] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Started, End));
        Fence behind = _scene.Submit(new BatchWords().End(), Code + 0x1000);
        _scene.Clock.Advance(4_990_000_000);
        Assert.False(spins.IsSignalled);
        _scene.Clock.Advance(20_000_000);
        Assert.Equal((true, Errno.ETIME, Errno.ECANCELED), (spins.IsSignalled, spins.Error, behind.Error));
        Assert.Equal((true, StreamerFailureKind.Timeout, Errno.ECANCELED), (
            _scene.Queue.IsReset, _scene.Streamer.LastFailure.Kind, _scene.File.Exec(_scene.Queue.Id, Code)));
        Assert.Contains("still running after the time-out", _scene.Streamer.LastFailure.ToString());
        Assert.Equal(long.MaxValue, _scene.Clock.NextDue);
    }

    [Fact]
    public void A_batch_that_works_without_end_meets_its_time_out_too()
    {
        // Slow instructions, so that the five seconds are over soon.
        using var scene = new StreamScene(options: new CommandStreamerOptions { NanosecondsPerInstruction = 10_000 });
        Fence works = scene.Submit(new BatchWords().Store(Data, 1u).Store(Data, 2u).Jump(Code));
        scene.Clock.Advance(4_900_000_000);
        Assert.False(works.IsSignalled);
        scene.Clock.Advance(1_100_000_000);
        Assert.Equal((true, Errno.ETIME), (works.IsSignalled, works.Error));
    }

    [Fact]
    public void Long_running_jobs_have_no_time_out_and_do_not_keep_the_clock_busy()
    {
        using var scene = new StreamScene(mode: VmCreateFlags.LrMode);
        scene[4] = 1;
        Fence spins = scene.Submit(Spinner(Code, Started, End));
        scene.Clock.Advance(60_000_000_000);
        Assert.Equal((false, long.MaxValue), (spins.IsSignalled, scene.Clock.NextDue));
        scene[4] = 0;
        StreamerProgress progress = scene.Streamer.Run();
        Assert.True(spins.IsSignalled, $"{progress}; {scene.Streamer}; {scene.Streamer.LastFailure}");
    }

    [Theory]
    [InlineData("destroy")]
    [InlineData("reset")]
    [InlineData("close")]
    [InlineData("dispose")]
    public void Whoever_ends_the_queue_ends_the_job(string how)
    {
        _scene[4] = 1;
        Fence spins = _scene.Submit(Spinner(Code, Started, End));
        switch (how)
        {
            case "destroy":
                Assert.Equal(Errno.Ok, _scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = _scene.Queue.Id }));
                break;
            case "reset":
                _scene.Queue.Reset();
                break;
            case "close":
                _scene.File.Dispose();
                break;
            default:
                _scene.Device.Dispose();
                break;
        }

        Assert.Equal((true, 0), (spins.IsSignalled, _scene.Streamer.JobCount));
        Assert.NotEqual(Errno.Ok, spins.Error);
        Assert.Equal(0, _scene.Streamer.Run().Instructions);
    }

    [Fact]
    public void With_the_queued_drive_jobs_run_when_somebody_runs_them()
    {
        int told = 0;
        using var scene = new StreamScene(
            drive: DriveMode.Queued, options: new CommandStreamerOptions { Ready = () => told++ });
        scene.Device.Pump();
        scene[4] = 1;
        Fence spins = scene.Submit(Spinner(Code, Started, End));
        scene.Device.Pump();
        Assert.Equal((1, 0u, long.MaxValue), (told, scene[0], scene.Clock.NextDue));
        Assert.True(scene.Streamer.Run().HasProgressed);
        Assert.Equal((0xc0ffeeu, false), (scene[0], spins.IsSignalled));
        scene[4] = 0;
        scene.Streamer.Run();
        Assert.True(spins.IsSignalled);
    }

    [Fact]
    public void Four_thousand_queues_spin_at_once_and_end_together()
    {
        const int Count = 4096;
        ulong[] starts = [.. Enumerable.Range(0, Count).Select(i => Code + 0x1000 + ((ulong)i * 0x40))];
        _scene[4] = 1;
        Fence[] fences = [.. starts.Select((at, i) => _scene.Submit(
            Spinner(at, Data + 0x1000 + ((ulong)i * 4), End), at, _scene.NewQueue()))];
        Assert.Equal(Count, _scene.Streamer.JobCount);
        Assert.DoesNotContain(fences, fence => fence.IsSignalled);
        Assert.All(Enumerable.Range(0, Count), i => Assert.Equal(0xc0ffeeu, _scene[0x1000 + ((ulong)i * 4)]));
        _scene[4] = 0;
        while (_scene.Streamer.Run().HasProgressed)
        {
        }

        Assert.Equal((0, true), (_scene.Streamer.JobCount, Array.TrueForAll(fences, fence => fence.IsSignalled)));
    }

    [Fact]
    public void A_budget_is_shared_by_the_jobs()
    {
        using var scene = new StreamScene(options: new CommandStreamerOptions { RunsByItself = false });
        Fence works = scene.Submit(new BatchWords().Store(Data, 1u).Store(Data, 2u).Jump(Code));
        Fence short_ = scene.Submit(new BatchWords().Store(Data + 8, 1u).End(), Code + 0x1000, scene.NewQueue());
        StreamerProgress progress = scene.Streamer.Run(CommandStreamer.Slice + 10);
        Assert.Equal((false, true, 1), (works.IsSignalled, short_.IsSignalled, progress.Jobs));
        Assert.InRange(progress.Instructions, CommandStreamer.Slice, CommandStreamer.Slice + 10);
        scene.Queue.Reset();
        Assert.Equal("0 instructions, 0 jobs left", scene.Streamer.Run().ToString());
    }
}
