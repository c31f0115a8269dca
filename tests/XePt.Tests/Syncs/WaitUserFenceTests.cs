using XePt.Tests.Bind;
using XePt.Tests.Queues;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>Specification 02 section 15: WAIT_USER_FENCE.</summary>
public sealed class WaitUserFenceTests : IDisposable
{
    private const ulong Address = 0x7000;
    private const long Tick = 1_000_000;

    private readonly SyncScene _scene = new();

    private XeFile File => _scene.File;

    private VirtualClock Clock => _scene.Clock;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("BIND-254")]
    public void Checks_come_in_order_and_write_nothing_back()
    {
        DrmXeWaitUserFence args = Args(timeout: -5) with
        {
            Extensions = 1,
            Pad = 1,
            Pad2 = 1,
            Flags = (UserFenceWaitFlags)2,
            Op = (UserFenceWaitOp)6,
            Addr = Address + 4,
            ExecQueueId = 9,
        };
        args.Reserved[1] = 1;
        Refuses(Errno.EINVAL, "BIND-254", "extensions", args);
        Refuses(Errno.EINVAL, "BIND-254", "pad", args = args with { Extensions = 0 });
        Refuses(Errno.EINVAL, "BIND-254", "pad2", args = args with { Pad = 0 });
        Refuses(Errno.EINVAL, "BIND-254", "reserved", args = args with { Pad2 = 0 });
        Refuses(Errno.EINVAL, "BIND-254", "flags", args = args with { Reserved = default });
        Refuses(Errno.EINVAL, "BIND-254", "op", args = args with { Flags = 0 });
        Refuses(Errno.EINVAL, "BIND-254", "addr", args = args with { Op = 0 });
        Refuses(Errno.ENOENT, "BIND-254", "exec_queue_id", args with { Addr = Address });
    }

    [Theory]
    [InlineData(UserFenceWaitOp.Equal, false, true, false)]
    [InlineData(UserFenceWaitOp.NotEqual, true, false, true)]
    [InlineData(UserFenceWaitOp.Greater, false, false, true)]
    [InlineData(UserFenceWaitOp.GreaterOrEqual, false, true, true)]
    [InlineData(UserFenceWaitOp.Less, true, false, false)]
    [InlineData(UserFenceWaitOp.LessOrEqual, true, true, false)]
    [Rule("BIND-256")]
    public void Comparisons_are_unsigned_and_masked(UserFenceWaitOp op, bool below, bool same, bool above)
    {
        const ulong Mask = 0xff00_0000_0000_00ff;
        foreach ((ulong word, bool holds) in new[] { (0x7f00_0000_0000_0042ul, below), (0x8000_0000_0000_0042ul, same),
            (0x8000_0000_0000_0043ul, above) })
        {
            foreach (ulong noise in new[] { 0ul, 0x00ab_cdef_0123_4500ul })
            {
                Write(word | noise);
                DrmXeWaitUserFence args = Args(timeout: 0) with { Op = op, Value = 0x8000_0000_0000_0042 | ~Mask, Mask = Mask };
                Assert.Equal(holds ? Errno.Ok : Errno.ETIME, File.WaitUserFence(ref args));
            }
        }
    }

    [Fact]
    [Rule("BIND-256")]
    public void An_empty_mask_compares_nothing_with_nothing()
    {
        DrmXeWaitUserFence args = Args(timeout: 0) with { Value = 5, Mask = 0 };
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
        args.Op = UserFenceWaitOp.NotEqual;
        Assert.Equal(Errno.ETIME, File.WaitUserFence(ref args));
    }

    [Fact]
    [Rule("BIND-255")]
    public void An_unreadable_word_is_a_bad_address_at_once()
    {
        File.UserMemory = new MemoryWithHole(_scene.Memory);
        DrmXeWaitUserFence args = Args(timeout: 5 * Tick) with { Addr = 0xdead_0000 };
        _scene.AssertRefused(Errno.EFAULT, "BIND-255", "addr", File.WaitUserFence(ref args));
        Assert.Equal((5 * Tick, 0L), (args.Timeout, Clock.Now));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, Tick, 0)]
    [InlineData(Tick, Tick, 0)]
    [InlineData(Tick + 1, Tick + 1, 0)]
    [InlineData(1L << 40, 1L << 40, 0)]
    [Rule("BIND-257")]
    [Rule("BIND-255")]
    public void A_relative_timeout_runs_out_and_comes_back_as_what_is_left(long timeout, long end, long left)
    {
        DrmXeWaitUserFence args = Args(timeout);
        _scene.AssertRefused(Errno.ETIME, "BIND-255", "timeout", File.WaitUserFence(ref args));
        Assert.Equal((end, left), (Clock.Now, args.Timeout));
    }

    [Fact]
    [Rule("BIND-257")]
    public void What_is_left_comes_back_on_success_too()
    {
        Clock.AdvanceTo(1000);
        Clock.At(1000 + (3 * Tick), () => Write(1));
        DrmXeWaitUserFence args = Args(10 * Tick);
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
        Assert.Equal(7 * Tick, args.Timeout);
        args.Timeout = 0;
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
        Assert.Equal(0, args.Timeout);
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1, 1000 + Tick)]
    [InlineData(1000 + Tick, 1000 + Tick)]
    [InlineData(1000 + (5 * Tick), 1000 + (5 * Tick))]
    [Rule("BIND-257")]
    public void An_absolute_timeout_is_a_point_in_time_and_stays_as_it_is(long timeout, long end)
    {
        Clock.AdvanceTo(1000);
        DrmXeWaitUserFence args = Args(timeout) with { Flags = UserFenceWaitFlags.AbsoluteTime };
        Assert.Equal(Errno.ETIME, File.WaitUserFence(ref args));
        Assert.Equal((end, timeout), (Clock.Now, args.Timeout));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [Rule("BIND-257")]
    public void A_negative_timeout_waits_for_ever_and_comes_back_as_a_large_one_less_the_time_spent(long timeout)
    {
        Clock.At(3 * Tick, () => Write(1));
        DrmXeWaitUserFence args = Args(timeout);
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
        Assert.Equal(long.MaxValue - (3 * Tick), args.Timeout);
    }

    [Fact]
    [Rule("BIND-257")]
    public void A_wait_for_ever_that_nothing_can_end_is_refused_at_once()
    {
        DrmXeWaitUserFence args = Args(-1);
        _scene.AssertRefused(Errno.EDEADLK, "BIND-255", "timeout", File.WaitUserFence(ref args));
        Assert.Equal(long.MaxValue, args.Timeout);
    }

    [Fact]
    [Rule("BIND-255")]
    [Rule("RN-046")]
    public void A_reset_queue_ends_the_wait_unless_the_condition_holds()
    {
        ExecQueue queue = NewQueue();
        DrmXeWaitUserFence args = Args(0) with { ExecQueueId = queue.Id };
        Assert.Equal(Errno.ETIME, File.WaitUserFence(ref args));
        Clock.At(2 * Tick, () => queue.Reset());
        args.Timeout = 5 * Tick;
        _scene.AssertRefused(Errno.EIO, "BIND-255", "exec_queue_id", File.WaitUserFence(ref args));
        Assert.Equal((2 * Tick, 3 * Tick), (Clock.Now, args.Timeout));
        args.Timeout = 0;
        Assert.Equal(Errno.EIO, File.WaitUserFence(ref args));
        Write(1);
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
    }

    [Fact]
    [Rule("BIND-255")]
    public async Task A_reset_wakes_who_awaits()
    {
        ExecQueue queue = NewQueue();
        ValueTask<Errno> wait = File.WaitUserFenceAsync(Args(-1) with { ExecQueueId = queue.Id });
        Assert.False(wait.IsCompleted);
        queue.Reset();
        Assert.True(wait.IsCompleted);
        Assert.Equal(Errno.EIO, await wait);
    }

    [Fact]
    [Rule("BIND-250")]
    [Rule("BIND-255")]
    public void The_user_fence_of_a_bind_ends_a_wait()
    {
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        uint job = _scene.Pending(out Fence fence);
        DrmXeSync[] syncs = [Op.In(job), Op.UserFence(Address, 1)];
        var bind =
            new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, NumSyncs = 2, Bind = Op.Null(0x1000, 0x1000, VmBindFlags.Immediate) };
        Assert.Equal(Errno.Ok, File.VmBind(bind, syncs: syncs));
        DrmXeWaitUserFence args = Args(0);
        Assert.Equal(Errno.ETIME, File.WaitUserFence(ref args));
        Clock.At(4 * Tick, () => fence.TrySignal());
        args.Timeout = -1;
        Assert.Equal(Errno.Ok, File.WaitUserFence(ref args));
        Assert.Equal(4 * Tick, Clock.Now);
    }

    private static DrmXeWaitUserFence Args(long timeout) => new() { Addr = Address, Value = 1, Mask = ulong.MaxValue, Timeout = timeout };

    private ExecQueue NewQueue()
    {
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, File.VmCreate(ref create));
        return File.Queue(create.VmId);
    }

    private void Refuses(Errno errno, string rule, string field, DrmXeWaitUserFence args)
    {
        _scene.AssertRefused(errno, rule, field, File.WaitUserFence(ref args));
        Assert.Equal(-5, args.Timeout);
    }

    private void Write(ulong word) => File.UserMemory.TryWrite(Address, BitConverter.GetBytes(word));
}
