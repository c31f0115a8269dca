using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;
using static XePt.Tests.Queues.ExecScene;

namespace XePt.Tests.Queues;

/// <summary>BIND-126: user fences of EXEC are stores of the GPU, made when the job is complete.</summary>
public class JobUserFenceTests
{
    private const ulong Cpu = 0x5500_0000;

    private static readonly Dictionary<uint, Func<ExecScene, DrmXeVmBindOp>> ClientMemory = new()
    {
        // A mirror in a fault VM, and a userptr whose page the tables need not hold there, but must elsewhere.
        [6] = _ => BindOps.MapMirror(A, Leaf, 2),
        [7] = Userptr,
        [0] = Userptr,
        [2] = Userptr,
    };

    [Theory]
    [InlineData(6u, A + 0x18)]
    [InlineData(7u, Cpu + 0x18)]
    [InlineData(0u, Cpu + 0x18)]
    [InlineData(2u, Cpu + 0x18)]
    [Rule("BIND-126")]
    [Rule("RN-044")]
    public void A_fence_in_the_clients_memory_is_written_there_before_the_fence_of_the_job_signals(uint vmFlags, ulong cpuAddress)
    {
        using var scene = new ExecScene(vmFlags == 7 ? 6 : vmFlags);
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x9_0000, 4 * Page));
        scene.Binds.Do(ClientMemory[vmFlags](scene));
        Fence job = scene.Do(Batch, Op.UserFence(A + 0x18, 42));
        ulong seen = 0;
        job.OnSignalled(_ => seen = scene.Binds.Memory.ReadUInt64(cpuAddress));
        Assert.Equal(0ul, scene.Binds.Memory.ReadUInt64(cpuAddress));
        scene.Sink.CompleteNext();
        Assert.Equal((42ul, 0L), (seen, scene.Queue.LostUserFences));
    }

    [Fact]
    [Rule("BIND-126")]
    public void A_fence_in_other_memory_goes_to_the_store_at_the_address_of_that_moment()
    {
        var store = new Store();
        using var scene = new ExecScene(store: store);
        uint bo = scene.Binds.Bo(4 * Page);
        scene.Binds.Do(scene.Binds.Map(bo, A, 2 * Page));
        scene.Do(1, Op.UserFence(A + 8, 5), Op.UserFence(A + Page, 6));
        scene.Do(2, Op.UserFence(A + 8, 7));
        ulong first = scene.Vm.Translate(A).Address;
        scene.Sink.CompleteNext();

        scene.Binds.Do(Unmap(A, Page), scene.Binds.Map(bo, A, Page, 3 * Page));
        ulong second = scene.Vm.Translate(A).Address;
        Assert.NotEqual(first, second);
        scene.Sink.CompleteNext();
        Assert.Equal([(first + 8, 5ul), (first + Page, 6ul), (second + 8, 7ul)], store.Words);
        Assert.Equal(0, scene.Queue.LostUserFences);
    }

    [Fact]
    [Rule("BIND-126")]
    public void A_page_that_was_replaced_under_the_job_gets_the_word_and_not_the_old_one()
    {
        var store = new Store();
        using var scene = new ExecScene(store: store);
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x9_0000, 4 * Page));
        scene.Binds.Do(Userptr(scene));
        scene.Do(Batch, Op.UserFence(A, 42));
        scene.Binds.Do(scene.Binds.Map(scene.Binds.Bo(4 * Page), A, 4 * Page));
        scene.Sink.CompleteNext();
        Assert.Equal([(scene.Vm.Translate(A).Address, 42ul)], store.Words);
        Assert.Equal(0ul, scene.Binds.Memory.ReadUInt64(Cpu));
    }

    [Fact]
    [Rule("BIND-126")]
    public void A_fence_that_no_store_of_the_gpu_could_reach_is_lost_and_the_job_complete()
    {
        using var scene = new ExecScene();
        uint bo = scene.Binds.Bo(Page);
        scene.Binds.Do(scene.Binds.Map(bo, A, Page));
        DrmXeVmBindOp readOnly = Userptr(scene) with { Addr = A + Leaf, Flags = VmBindFlags.ReadOnly };
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x9_0000, 4 * Page));
        scene.Binds.Do(readOnly);

        // Nobody models BO memory; a page is read-only; nothing is mapped; the address is beyond the VM.
        Fence job = scene.Do(
            Batch, Op.UserFence(A, 1), Op.UserFence(A + Leaf, 2), Op.UserFence(A + (4 * Leaf), 3), Op.UserFence(1UL << 60, 4));
        scene.Sink.CompleteNext();
        Assert.Equal((true, Errno.Ok), (job.IsSignalled, job.Error));
        Assert.Equal(4, scene.Queue.LostUserFences);
        Assert.Equal(0ul, scene.Binds.Memory.ReadUInt64(Cpu));
    }

    [Fact]
    [Rule("BIND-126")]
    public void A_job_that_failed_or_was_cancelled_writes_nothing()
    {
        using var scene = new ExecScene(vmFlags: 6);
        scene.Binds.Do(BindOps.MapMirror(A, Leaf, 2));
        scene.Do(1, Op.UserFence(A, 1));
        scene.Do(2, Op.UserFence(A, 2));
        scene.Do(3, Op.UserFence(A, 3));
        scene.Sink.CompleteNext(Errno.EIO);
        scene.Queue.Reset();
        Assert.Equal(0ul, scene.Binds.Memory.ReadUInt64(A));
        Assert.Equal(0, scene.Queue.LostUserFences);
    }

    [Fact]
    [Rule("BIND-126")]
    public void A_job_of_a_vm_that_is_gone_writes_nothing()
    {
        using var scene = new ExecScene(vmFlags: 6);
        scene.Binds.Do(BindOps.MapMirror(A, Leaf, 2));
        Fence job = scene.Do(Batch, Op.UserFence(A, 1));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.False(job.IsSignalled);
        scene.Sink.CompleteNext();
        Assert.True(job.IsSignalled);
        Assert.Equal((0ul, 1L), (scene.Binds.Memory.ReadUInt64(A), scene.Queue.LostUserFences));
    }

    [Fact]
    [Rule("BIND-011")]
    public void A_destroyed_dma_fence_vm_lives_until_its_jobs_are_complete_and_their_fences_written()
    {
        using var scene = new ExecScene();
        scene.File.MapCpuMemory(Cpu, new PhysicalRun(0x9_0000, 4 * Page));
        scene.Binds.Do(Userptr(scene));
        scene.Do(Batch, Op.UserFence(A, 9));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.NotEqual(0, scene.Device.TablesInUse);
        scene.Sink.CompleteNext();
        Assert.Equal((9ul, 0), (scene.Binds.Memory.ReadUInt64(Cpu), scene.Device.TablesInUse));
    }

    private static DrmXeVmBindOp Userptr(ExecScene scene) =>
        BindOps.MapUserptr(Cpu, A, 4 * Page, (int)scene.Device.Platform.Pat.IndexWriteBack, VmBindFlags.Immediate);

    private sealed class Store : IGpuStore
    {
        public List<(ulong Address, ulong Word)> Words { get; } = [];

        public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes)
        {
            Words.Add((where.Address, BitConverter.ToUInt64(bytes)));
            return true;
        }
    }
}
