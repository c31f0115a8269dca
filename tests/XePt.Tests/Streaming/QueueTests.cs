using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Streaming.BatchWords;
using static XePt.Tests.Streaming.StreamScene;

namespace XePt.Tests.Streaming;

/// <summary>Several queues, several columns, several threads.</summary>
public class QueueTests
{
    [Fact]
    public void Queues_hand_a_value_to_and_fro_by_semaphores()
    {
        using var scene = new StreamScene();
        const uint Rounds = 20;
        BatchWords ping = new(), pong = new();
        for (uint i = 0; i < Rounds; i++)
        {
            ping.Wait(Data, 4, 2 * i).Add(0x1780_0501, (uint)Data + 8, 0).Store(Data, (2 * i) + 1);
            pong.Wait(Data, 4, (2 * i) + 1).Add(0x1780_0501, (uint)Data + 12, 0).Store(Data, (2 * i) + 2);
        }

        Fence second = scene.Submit(pong.End(), Code + 0x1000, scene.NewQueue());
        Fence first = scene.Submit(ping.End());
        Assert.False(second.IsSignalled || first.IsSignalled);
        while (scene.Streamer.Run().HasProgressed)
        {
        }

        Assert.Equal((true, true), (first.IsSignalled, second.IsSignalled));
        Assert.Equal((2 * Rounds, Rounds, Rounds), (scene[0], scene[8], scene[12]));
    }

    [Fact]
    public void The_batches_of_a_wide_queue_run_side_by_side_and_complete_as_one()
    {
        using var wide = new StreamScene(XePlatforms.Bmg);
        DrmXeEngineClassInstance[] decoders = [
            .. wide.Device.Platform.Engines.Where(engine => engine.EngineClass == EngineClass.VideoDecode)];
        Assert.Equal(2, decoders.Length);
        var create = new DrmXeExecQueueCreate { Width = 2, NumPlacements = 1, VmId = wide.Vm.Id };
        Assert.Equal(Errno.Ok, wide.File.ExecQueueCreate(ref create, decoders));
        ExecQueue queue = wide.File.FindQueue(create.ExecQueueId)!;

        // The first waits for the second, whose registers are its own.
        wide.Put(new BatchWords().Load(General(0), 1).Wait(Data, 4, 7).StoreRegister(General(0), Data + 4).End());
        wide.Put(new BatchWords().Load(General(0), 2).Store(Data, 7u).StoreRegister(General(0), Data + 8).End(), Code + 0x1000);
        Fence fence = wide.Submit(queue, Code, Code + 0x1000);
        wide.Streamer.Run();
        Assert.Equal((true, 1u, 2u), (fence.IsSignalled, wide[4], wide[8]));
    }

    [Fact]
    public void A_column_that_fails_ends_the_job_and_says_which()
    {
        using var wide = new StreamScene(XePlatforms.Bmg);
        DrmXeEngineClassInstance[] decoders = [
            .. wide.Device.Platform.Engines.Where(engine => engine.EngineClass == EngineClass.VideoDecode)];
        var create = new DrmXeExecQueueCreate { Width = 2, NumPlacements = 1, VmId = wide.Vm.Id };
        Assert.Equal(Errno.Ok, wide.File.ExecQueueCreate(ref create, decoders));
        wide[0] = 1;
        wide.Put(Spinner(Code, Data + 4, Data));
        wide.Put(new BatchWords().Add(0xffff_ffff), Code + 0x1000);
        Fence fence = wide.Submit(wide.File.FindQueue(create.ExecQueueId)!, Code, Code + 0x1000);
        Assert.Equal((true, Errno.ETIME, 1, StreamerFailureKind.BadHeader), (
            fence.IsSignalled, fence.Error, wide.Streamer.LastFailure.Column, wide.Streamer.LastFailure.Kind));
        Assert.Equal($"job 1 of queue {create.ExecQueueId}: 0xffffffff begins no command (batch 1, 0x1001000)",
            wide.Streamer.LastFailure.ToString());
    }

    [Fact]
    public void Any_number_of_threads_run_jobs_of_many_queues_and_each_is_done_once()
    {
        using var scene = new StreamScene(options: new CommandStreamerOptions { RunsByItself = false });
        const int Queues = 16, Jobs = 40;
        ExecQueue[] queues = [.. Enumerable.Range(0, Queues).Select(_ => scene.NewQueue())];
        // Each adds to a word of its own and to one of all.
        for (int i = 0; i < Queues; i++)
        {
            scene.Put(new BatchWords().Add(0x1780_0501, (uint)Data, 0).Add(0x1780_0501, (uint)Data + 64 + (4 * (uint)i), 0)
                .Noop().End(), Code + ((ulong)i * 0x100));
        }

        Fence[] last = [
            .. from round in Enumerable.Range(0, Jobs)
               from i in Enumerable.Range(0, Queues)
               select scene.Submit(queues[i], Code + ((ulong)i * 0x100))];
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            while (scene.Streamer.JobCount > 0)
                scene.Streamer.Run(100);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.All(last, fence => Assert.True(fence is { IsSignalled: true, Error: Errno.Ok }));
        Assert.Equal((uint)(Queues * Jobs), scene[0]);
        Assert.All(Enumerable.Range(0, Queues), i => Assert.Equal((uint)Jobs, scene[64 + (4 * (ulong)i)]));
        Assert.Equal(Queues * Jobs, scene.Streamer.Counters.JobsCompleted);
    }

    [Fact]
    public void Queues_are_reset_while_threads_run_them_and_their_batches_touch_nothing_afterwards()
    {
        using var scene = new StreamScene(options: new CommandStreamerOptions { RunsByItself = false });
        using var stop = new CancellationTokenSource();
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
                scene.Streamer.Run(200);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        scene.Put(new BatchWords().Add(0x1780_0501, (uint)Data, 0).Jump(Code));
        for (int round = 0; round < 200; round++)
        {
            ExecQueue queue = scene.NewQueue();
            Fence fence = scene.Submit(queue, Code);
            if (round % 2 == 0)
                SpinWait.SpinUntil(() => scene[0] != 0);
            queue.Reset();
            Assert.Equal((true, Errno.ETIME), (fence.IsSignalled, fence.Error));
            scene[0] = 0;
            scene.Streamer.Run(10);
            Assert.Equal(0u, scene[0]);
        }

        stop.Cancel();
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(0, scene.Streamer.JobCount);
    }

    [Fact]
    public void A_preempted_job_goes_on_where_it_was()
    {
        using var scene = new StreamScene(mode: VmCreateFlags.LrMode);
        Fence fence = scene.Submit(
            new BatchWords().Add(0x1780_0501, (uint)Data, 0).Load(General(0), 5).Wait(Data + 4, 4, 1).StoreRegister(General(0), Data + 8)
                .End());
        Assert.False(fence.IsSignalled);
        // Its BO moves: the queue is stopped for that, and resumed by the rebind worker.
        XeBo moved = scene.DataBo;
        Assert.Equal(Errno.Ok, scene.Device.EvictAll());
        scene[4] = 1;
        scene.Streamer.Run();
        Assert.Equal((true, 1u, 5u), (fence.IsSignalled, scene[0], scene[8]));
        Assert.NotNull(moved);
    }
}
