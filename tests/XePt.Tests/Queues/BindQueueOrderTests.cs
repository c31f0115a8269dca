using XePt.Tests.Async;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Queues;

/// <summary>Binds on several queues of one VM (BIND-211, BIND-240, BIND-247, PT-172).</summary>
public sealed class BindQueueOrderTests : IDisposable
{
    private readonly AsyncScene _scene = new();
    private readonly uint _first, _second;

    public BindQueueOrderTests()
    {
        _first = _scene.File.BindQueue(_scene.Vm.Id).Id;
        _second = _scene.File.BindQueue(_scene.Vm.Id).Id;
    }

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("BIND-240")]
    public void Queues_pass_each_other_and_each_keeps_its_order()
    {
        // The directories above must exist: who makes a table holds back everything below it.
        _scene.Do(Null(A, Page), Null(A + Leaf, Page), Null(A + (2 * Leaf), Page));
        Fence held = _scene.BindOnAfter(_first, Null(A + Page, Page));
        Assert.Equal(Errno.Ok, _scene.BindOn(_first, [], Null(A + Leaf + Page, Page)));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [], Null(A + (2 * Leaf) + Page, Page)));
        Assert.Equal(Errno.Ok, _scene.BindOn(0, [], Null(A + (2 * Leaf) + (2 * Page), Page)));
        Assert.Equal((false, false), (_scene.IsMapped(A + Page), _scene.IsMapped(A + Leaf + Page)));
        Assert.True(_scene.IsMapped(A + (2 * Leaf) + Page) && _scene.IsMapped(A + (2 * Leaf) + (2 * Page)));
        held.TrySignal();
        Assert.True(_scene.IsMapped(A + Page) && _scene.IsMapped(A + Leaf + Page));
    }

    [Fact]
    [Rule("BIND-247")]
    [Rule("PT-172")]
    [Rule("PT-143")]
    [Rule("CON-013")]
    public void Binds_of_the_same_range_keep_the_order_of_submission_across_queues()
    {
        _scene.Do(Null(A, 4 * Page));
        Fence unmap = _scene.BindOnAfter(_first, Unmap(A, 4 * Page));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [], Null(A, Page)));
        Assert.True(_scene.IsMapped(A + Page));
        unmap.TrySignal();
        Assert.True(_scene.IsMapped(A));
        Assert.False(_scene.IsMapped(A + Page));
    }

    [Fact]
    [Rule("BIND-247")]
    [Rule("PT-172")]
    [Rule("RN-042")]
    public void Who_makes_a_leaf_table_holds_back_binds_below_it_and_nobody_beside_it()
    {
        // A table of level 1 and one leaf table exist.
        _scene.Do(Null(A, Page));
        Fence maker = _scene.BindOnAfter(_first, Null(A + Leaf, Page));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [], Null(A + Page, Page)));
        Assert.True(_scene.IsMapped(A + Page));

        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [], Null(A + Leaf + (7 * Page), Page)));
        Assert.False(_scene.IsMapped(A + Leaf + (7 * Page)));
        maker.TrySignal();
        Assert.True(_scene.IsMapped(A + Leaf) && _scene.IsMapped(A + Leaf + (7 * Page)));
    }

    [Fact]
    [Rule("BIND-247")]
    [Rule("CON-013")]
    [Rule("RN-042")]
    public void Neighbours_in_a_table_that_exists_are_not_held_back()
    {
        _scene.Do(Null(A, Page));
        Fence held = _scene.BindOnAfter(_first, Null(A + Page, Page));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [], Null(A + (2 * Page), Page)));
        Assert.Equal((false, true), (_scene.IsMapped(A + Page), _scene.IsMapped(A + (2 * Page))));
        held.TrySignal();
        Assert.True(_scene.IsMapped(A + Page));
    }

    [Fact]
    [Rule("BIND-211")]
    [Rule("BIND-241")]
    public void An_empty_bind_is_a_barrier_on_its_own_queue_only()
    {
        _scene.Do(Null(A, Page));
        Fence held = _scene.BindOnAfter(_first, Null(A + Page, Page));
        uint own = _scene.File.SyncobjCreate(), other = _scene.File.SyncobjCreate();
        Assert.Equal(Errno.Ok, _scene.BindOn(_first, [Op.Out(own)]));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [Op.Out(other)]));
        Assert.False(_scene.File.FindSyncobj(own)!.Fence.IsSignalled);
        Assert.True(_scene.File.FindSyncobj(other)!.Fence.IsSignalled);
        held.TrySignal();
        Assert.True(_scene.File.FindSyncobj(own)!.Fence.IsSignalled);
    }

    [Fact]
    [Rule("BIND-250")]
    public void User_fences_are_in_order_on_a_queue_and_free_across_queues()
    {
        _scene.Do(Null(A, Page));
        (uint inSync, Fence held) = _scene.Pending();
        Assert.Equal(Errno.Ok, _scene.BindOn(_first, [In(inSync), UserFence(0x1000, 1)], Null(A + Page, Page)));
        Assert.Equal(Errno.Ok, _scene.BindOn(_first, [UserFence(0x2000, 2)], Null(A + (2 * Page), Page)));
        Assert.Equal(Errno.Ok, _scene.BindOn(_second, [UserFence(0x3000, 3)], Null(A + (3 * Page), Page)));
        Assert.Equal([0ul, 0ul, 3ul], Words());
        held.TrySignal();
        Assert.Equal([1ul, 2ul, 3ul], Words());

        ulong[] Words() => [_scene.Memory.ReadUInt64(0x1000), _scene.Memory.ReadUInt64(0x2000), _scene.Memory.ReadUInt64(0x3000)];
    }

    [Fact]
    [Rule("BIND-105")]
    public void Binds_of_a_destroyed_queue_are_still_written()
    {
        Fence held = _scene.BindOnAfter(_first, Null(A, Page));
        Assert.Equal(Errno.Ok, _scene.File.ExecQueueDestroy(new DrmXeExecQueueDestroy { ExecQueueId = _first }));
        Assert.False(_scene.IsMapped(A));
        held.TrySignal();
        Assert.True(_scene.IsMapped(A));
        Assert.True(_scene.Vm.IsIdle);
    }
}
