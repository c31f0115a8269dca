using XePt.Uapi;

namespace XePt.Tests.Queues;

/// <summary>PT-176: TLB flushes of batches.</summary>
public class BatchFlushTests
{
    /// <summary>VM flags, and how many of three batches flush: all in a dma-fence VM with scratch, none in others as long as nothing is
    /// bound again.</summary>
    [Theory]
    [InlineData(0u, 0)]
    [InlineData(1u, 3)]
    [InlineData(2u, 0)]
    [InlineData(3u, 0)]
    [InlineData(6u, 0)]
    [InlineData(7u, 0)]
    [Rule("PT-176")]
    public void A_dma_fence_vm_with_scratch_flushes_with_every_batch(uint vmFlags, int flushes)
    {
        using var scene = new ExecScene(vmFlags);
        for (int i = 0; i < 3; i++)
            scene.Do();
        scene.Sink.CompleteAll();
        Assert.Equal(flushes, scene.Vm.Counters.BatchInvalidations);
        Assert.Equal((ulong)flushes, scene.Device.Tlb.Issued(0));
    }

    [Theory]
    [InlineData(1u, "bmg", 3)]
    [InlineData(3u, "bmg", 0)]
    [InlineData(7u, "bmg", 0)]
    [InlineData(0u, "dg2", 0)]
    [InlineData(0u, "dg2-g10", 3)]
    [InlineData(2u, "dg2-g10", 0)]
    [Rule("PT-015")]
    public void A_batch_of_a_scratch_vm_that_is_not_long_running_waits_for_a_flush_of_its_own(uint vmFlags, string platform, int flushes)
    {
        using var scene = new ExecScene(vmFlags, Kit.TestGpu.Named(platform));
        var client = new Client();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, client);
        client.Registration = registration;
        for (ulong batch = 1; batch <= 3; batch++)
        {
            scene.Do(batch);
            if (flushes == 0)
                continue;
            Assert.Equal((int)batch, client.Causes.Count);
            Assert.Empty(scene.Running);
            client.Acknowledge();
            Assert.Equal([batch], scene.Running);
            scene.Sink.CompleteAll();
        }

        Assert.Equal(Enumerable.Repeat(TlbInvalidationCause.Exec, flushes), client.Causes);
    }

    [Fact]
    [Rule("PT-176")]
    [Rule("BIND-248")]
    public void After_a_rebind_the_next_batch_of_each_queue_flushes_once()
    {
        using var scene = new ExecScene();
        ExecQueue other = scene.File.Queue(scene.Vm.Id, EngineClass.Render);
        scene.Do();
        Assert.Equal([false], scene.Sink.GetJobs().Select(job => job.FlushesTlb));
        scene.Sink.CompleteAll();
        scene.Vm.Context.FlushSeqno++;
        scene.Do();
        scene.Do(other);
        Assert.Equal([true, true], scene.Sink.GetJobs().Select(job => job.FlushesTlb));
        scene.Sink.CompleteAll();
        scene.Do();
        scene.Do(other);
        Assert.Equal([false, false], scene.Sink.GetJobs().Select(job => job.FlushesTlb));
        scene.Do(scene.File.Queue(scene.Vm.Id));
        Assert.Equal([false, false, true], scene.Sink.GetJobs().Select(job => job.FlushesTlb));
    }

    [Fact]
    [Rule("PT-176")]
    public void A_batch_starts_after_the_clients_of_its_gt_have_acknowledged()
    {
        using var scene = new ExecScene(vmFlags: 1);
        var client = new Client();
        using TlbRegistration registration = scene.Device.Tlb.Register(0, client);
        client.Registration = registration;
        DrmXeExecQueueCreate create = QueueOps.Args(scene.Vm.Id);
        Assert.Equal(Errno.Ok, scene.File.ExecQueueCreate(ref create, QueueOps.Engine(EngineClass.VideoDecode, 0, gt: 1)));
        scene.Do(1);
        scene.Do(scene.File.FindQueue(create.ExecQueueId)!, 2);
        Assert.Equal([2ul], scene.Running);
        Assert.Equal([TlbInvalidationCause.Exec], client.Causes);
        client.Acknowledge();
        Assert.Equal([2ul, 1ul], scene.Running);
    }

    private sealed class Client : ITlbClient
    {
        private ulong _seqno;

        public TlbRegistration? Registration { get; set; }

        public List<TlbInvalidationCause> Causes { get; } = [];

        public void Invalidate(in TlbInvalidation invalidation)
        {
            Causes.Add(invalidation.Cause);
            _seqno = invalidation.Seqno;
        }

        public void Acknowledge() => Registration!.Acknowledge(_seqno);
    }
}
