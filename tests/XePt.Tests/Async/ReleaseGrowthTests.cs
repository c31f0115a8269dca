using XePt.Gpuva;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>What removed mappings held goes when their binds have completed, in whatever order these do, without a later call.</summary>
public class ReleaseGrowthTests
{
    private const int Bos = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [Rule("BIND-229")]
    public void Memory_of_many_removed_mappings_goes_with_their_unbinds(int order)
    {
        using var scene = new AsyncScene();
        uint[] queues = [.. Enumerable.Range(0, Bos).Select(_ => Queues.QueueOps.BindQueue(scene.File, scene.Vm.Id).Id)];
        scene.Do(Null(A + (1UL << 30), Page));
        var gates = new Fence[Bos];
        for (int i = 0; i < Bos; i++)
        {
            uint bo = scene.Bo(Page);
            scene.Do(scene.Map(bo, A + ((ulong)i * Page), Page));
            Assert.Equal(Errno.Ok, scene.File.GemClose(bo));
        }

        ulong used = scene.Device.Memory.Regions[0].Allocator.UsedBytes;
        scene.Do(Null(A + (Bos * Page), Page));
        for (int i = 0; i < Bos; i++)
            gates[i] = scene.BindOnAfter(queues[i], Unmap(A + ((ulong)i * Page), Page));
        DeferredReleases deferred = scene.Vm.Context.Vmas.Deferred;
        Assert.Equal(Bos, deferred.Count);

        // Forwards, backwards, and all but the oldest: what can go is gone at once.
        var random = new Random(order);
        int[] all = [.. Enumerable.Range(0, Bos)];
        foreach (int i in order == 1 ? all : order == 2 ? all.Reverse() : all.Skip(1).OrderBy(_ => random.Next()))
            gates[i].TrySignal();
        Assert.Equal(order == 3 ? 1 : 0, deferred.Count);
        gates[0].TrySignal();
        Assert.Equal(0, deferred.Count);
        Assert.Equal(used - (Bos * Page), scene.Device.Memory.Regions[0].Allocator.UsedBytes);
    }
}
