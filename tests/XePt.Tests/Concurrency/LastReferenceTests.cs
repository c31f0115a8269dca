using XePt.Fences;
using XePt.Memory;
using XePt.Tests.Bind;
using XePt.Tests.Evict;
using XePt.Tests.Kit;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Concurrency;

/// <summary>A BO whose last reference goes while somebody else has just found it, and one that gets its memory while somebody else
/// looks.</summary>
public class LastReferenceTests
{
    private const ulong A = EvictScene.A, MiB = EvictScene.MiB;

    [Fact]
    public void A_reference_is_not_had_once_the_last_one_is_gone()
    {
        var bo = new BufferObject { Size = 4096, Placements = 1, CpuCaching = 1 };
        Assert.True(bo.TryAddReference());
        Assert.False(bo.DropReference());
        Assert.True(bo.DropReference());
        Assert.False(bo.TryAddReference());
        Assert.Equal(0, bo.References);
    }

    [Fact]
    [Rule("BIND-040")]
    public void A_bo_that_is_just_going_away_is_evicted_by_nobody()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint bo = scene.Bo(4 * MiB);
        DeviceMemory memory = scene.Device.Memory;
        Action<BufferObject>? release = memory.Releasing;
        Errno evicted = Errno.EIO;
        memory.Releasing = going =>
        {
            release!(going);
            // No reference is left, and the memory is still there.
            Together.Run(() => evicted = scene.Device.EvictAll());
        };
        Assert.Equal(Errno.Ok, scene.File.GemClose(bo));
        Assert.Equal((Errno.Ok, 0L, 0ul, 0ul), (evicted, scene.Device.MoveCounters.Evictions, scene.VramUsed, scene.SystemUsed));
    }

    [Fact]
    [Rule("BIND-040")]
    public void A_bo_whose_handle_is_closed_while_it_moves_goes_away_after_the_move()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint handle = scene.Bo(4 * MiB, placement: 3);
        BufferObject bo = scene.Of(handle).Object;
        Errno moved = Errno.EIO;
        var mover = new Thread(() => moved = scene.File.MoveBo(handle, 0));
        Together.WhileInside(scene.Vm, () =>
        {
            mover.Start();
            // The mover has found the BO and waits for the VM.
            Assert.True(SpinWait.SpinUntil(() => bo.References == 2, TimeSpan.FromSeconds(60)));
            Assert.Equal(Errno.Ok, scene.File.GemClose(handle));
            Assert.Equal(4 * MiB, scene.VramUsed);
        });
        mover.Join();
        Assert.Equal((Errno.Ok, 0ul, 0ul, 0), (moved, scene.VramUsed, scene.SystemUsed, bo.References));
    }

    /// <summary>The client's memory is read between the look-up of the handles and the making of the VMAs.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("BIND-040")]
    public void A_handle_that_is_closed_while_a_bind_runs_does_not_take_its_bo_away(bool isReused)
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint handle = scene.Bo(2 * MiB), other = 0;
        int number = scene.Of(handle).Number;
        scene.File.UserMemory = new Meanwhile(() =>
        {
            Assert.Equal(Errno.Ok, scene.File.GemClose(handle));
            other = isReused ? scene.Bo(MiB) : 0;
        });
        Assert.Equal(Errno.Ok, scene.Scene.Bind([Op.UserFence(0x1000, 1)], Op.Map(handle, A, 2 * MiB)));
        Assert.Equal(number, scene.Vm.FindVma(A)!.Value.BoNumber);
        Assert.True(!isReused || scene.Of(other).Number != number);
        Assert.Equal(2 * MiB + (isReused ? MiB : 0), scene.VramUsed);
        Assert.Equal(Errno.Ok, scene.Scene.Bind(Op.Unmap(A, 2 * MiB)));
        Assert.Equal(isReused ? MiB : 0, scene.VramUsed);
    }

    [Fact]
    public void A_refused_bind_lets_go_of_the_bos_it_has_looked_up()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint good = scene.Bo(2 * MiB);
        BufferObject bo = scene.Of(good).Object;
        DrmXeVmBindOp fits = Op.Map(good, A, 2 * MiB);
        Assert.Equal(Errno.ENOENT, scene.Scene.Bind(fits, Op.Map(99, 2 * A, 2 * MiB)));
        Assert.Equal(Errno.EINVAL, scene.Scene.Bind(fits, Op.Map(good, 2 * A, 4 * MiB)));
        Assert.NotEqual(Errno.Ok, scene.Scene.Bind([Op.In(99)], fits));
        scene.File.UserMemory = new Meanwhile(() => throw new InvalidOperationException("the client's memory fails"));
        Assert.Throws<InvalidOperationException>(() => scene.Scene.Bind([Op.UserFence(0x1000, 1)], fits));
        Assert.Equal(Errno.Ok, scene.Scene.Bind(Op.Unmap(A, 2 * MiB)));
        Assert.Equal(1, bo.References);
    }

    /// <summary>Two VMs may want to place a BO at the same time. The second one sees that it has memory and asks for nothing
    /// else.</summary>
    [Fact]
    public void What_a_bo_must_wait_for_is_known_before_its_memory_is_seen()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint handle = scene.Bo(2 * MiB, isDeferred: true);
        DeviceMemory memory = scene.Device.Memory;
        Action<BufferObject, BoPlace>? inherit = memory.Placing;
        var seen = new List<bool>();
        memory.Placing = (bo, region) =>
        {
            inherit!(bo, region);
            seen.Add(bo.IsInPlace);
        };
        scene.Map(scene.Vm, handle, A);
        Assert.Equal([false], seen);
        Assert.True(scene.Of(handle).Object.IsInPlace);
    }

    [Fact]
    public void A_bo_with_the_number_of_another_one_does_not_inherit_its_fences()
    {
        using var scene = new ExecScene();
        uint first = scene.Binds.Bo(1 << 16);
        int number = scene.File.FindBo(first)!.Number;
        Assert.Equal(Errno.Ok, scene.Binds.Bind([], Op.Map(first, A, 1 << 16)));
        Fence job = scene.Do();
        BoReservations fences = scene.Vm.Context.BoFences;
        Assert.False(fences.Find(number)!.IsIdle(FenceUsage.Bookkeep));

        Assert.Equal(Errno.Ok, scene.Binds.Bind([], Op.Unmap(A, 1 << 16)));
        Assert.Equal(Errno.Ok, scene.File.GemClose(first));
        Assert.False(job.IsSignalled);
        Assert.True(fences.Find(number)!.IsEmpty);
        // Whoever gets the memory waits for the job, and only for that.
        Assert.Equal(number, scene.File.FindBo(scene.Binds.Bo(1 << 16))!.Number);
        Assert.False(fences.Find(number)!.IsIdle(FenceUsage.Kernel));
    }

    [Fact]
    public void The_pieces_of_a_bo_can_be_looked_at_while_it_moves()
    {
        using var scene = new EvictScene(vmFlags: 0);
        uint handle = scene.Bo(2 * MiB, placement: 3);
        XeBo bo = scene.Of(handle);
        bool isOver = false;
        Together.Run(
            () =>
            {
                for (int i = 0; i < 2000; i++)
                    Assert.Equal(Errno.Ok, scene.File.MoveBo(handle, i % 2, [new PhysicalRun((ulong)i << 21, 1 << 12, 512, 1 << 12)]));
                scene.File.GemClose(handle);
                Volatile.Write(ref isOver, true);
            },
            () =>
            {
                while (!Volatile.Read(ref isOver))
                {
                    IReadOnlyList<PhysicalRun> pieces = bo.Segments;
                    ulong size = pieces.Aggregate(0ul, (sum, piece) => sum + piece.Size);
                    Assert.True(size is 0 or 2 * MiB);
                    for (int i = 1; i < pieces.Count; i++)
                        Assert.Equal(pieces[0].Address + ((ulong)i << 12), pieces[i].Address);
                }
            });
        Assert.Empty(bo.Segments);
    }

    /// <summary>Does something the first time it is read.</summary>
    private sealed class Meanwhile(Action action) : IUserMemory
    {
        private Action? _action = action;

        public bool TryRead(ulong address, Span<byte> into)
        {
            into.Clear();
            Interlocked.Exchange(ref _action, null)?.Invoke();
            return true;
        }

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => true;
    }
}
