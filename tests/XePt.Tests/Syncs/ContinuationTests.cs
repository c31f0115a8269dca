using XePt.Tests.Async;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Syncs;

/// <summary>The client's code that a signal calls runs where it may make any call, and once everything the engine does about the signal is
/// done.</summary>
public sealed class ContinuationTests : IDisposable
{
    private const ulong Address = 0x7000;

    private readonly AsyncScene _scene = new();
    private readonly List<Errno> _results = [];

    private XeFile File => _scene.File;

    public void Dispose() => _scene.Dispose();

    [Fact]
    [Rule("BIND-250")]
    public void The_one_who_awaits_a_user_fence_may_bind_in_the_call_that_writes_it() => MustEnd(() =>
    {
        UnmapWhenDone(WaitUserFence(7));
        _scene.Do([UserFence(Address, 7)], Null(A, Page));
        Assert.Equal([Errno.Ok, Errno.Ok], _results);
    });

    [Fact]
    [Rule("BIND-195")]
    public void A_VMA_may_be_cut_as_soon_as_the_value_of_its_user_fence_is_in_memory() => MustEnd(() =>
    {
        UnmapWhenDone(WaitUserFence(7));
        (uint handle, Fence fence) = _scene.Pending();
        _scene.Do([In(handle), UserFence(Address, 7)], Null(A, Page));
        Assert.Equal(Errno.EBUSY, _scene.Bind([], Unmap(A, Page)));
        fence.TrySignal();
        Assert.Equal([Errno.Ok, Errno.Ok], _results);
    });

    [Fact]
    [Rule("DRM-015")]
    public void The_one_who_awaits_an_out_sync_may_bind_in_the_call_that_brings_it() => MustEnd(() =>
    {
        uint handle = File.SyncobjCreate();
        UnmapWhenDone(File.SyncobjWaitAsync(SyncScene.WaitArgs(long.MaxValue, SyncobjWaitFlags.ForSubmit, handle), [handle]));
        _scene.Do([Out(handle)], Null(A, Page));
        Assert.Equal([Errno.Ok, Errno.Ok], _results);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_one_who_waits_for_a_bind_may_bind_when_it_is_done(bool awaits) => MustEnd(() =>
    {
        (uint handle, Fence fence) = _scene.Pending();
        var args = new DrmXeVmBind { VmId = _scene.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = Null(A, Page) };
        Assert.Equal(Errno.Ok, File.VmBind(args, default, [In(handle)], out Fence done));
        if (awaits)
            UnmapWhenDone(done.WaitAsync());
        else
            done.OnSignalled(error => _results.AddRange([error, _scene.Bind([], Unmap(A, Page))]));
        fence.TrySignal();
        Assert.Equal([Errno.Ok, Errno.Ok], _results);
        Assert.False(_scene.IsMapped(A));
    });

    [Fact]
    [Rule("DRM-017")]
    public void A_blocking_wait_in_a_callback_does_what_the_same_signal_has_made_ready() => MustEnd(() =>
    {
        (uint handle, Fence fence) = _scene.Pending();
        uint second = File.SyncobjCreate();
        var args = new DrmXeVmBind { VmId = _scene.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = Null(A, Page) };
        Assert.Equal(Errno.Ok, File.VmBind(args, default, [In(handle)], out Fence done));
        _scene.Do([Out(second)], Null(A + Leaf, Page));
        done.OnSignalled(_ =>
        {
            DrmSyncobjWait wait = SyncScene.WaitArgs(long.MaxValue, 0, second);
            _results.Add(File.SyncobjWait(ref wait, [second]));
        });
        fence.TrySignal();
        Assert.Equal([Errno.Ok], _results);
    });

    [Fact]
    public void A_fence_waited_for_in_a_callback_does_what_the_same_signal_has_made_ready() => MustEnd(() =>
    {
        (uint handle, Fence fence) = _scene.Pending();
        var args = new DrmXeVmBind { VmId = _scene.Vm.Id, NumBinds = 1, NumSyncs = 1, Bind = Null(A, Page) };
        Assert.Equal(Errno.Ok, File.VmBind(args, default, [In(handle)], out Fence first));
        args.Bind = Null(A + Leaf, Page);
        Assert.Equal(Errno.Ok, File.VmBind(args, default, [In(handle)], out Fence second));
        bool hasSeen = false;
        first.OnSignalled(_ => hasSeen = second.Wait(Timeout.InfiniteTimeSpan));
        fence.TrySignal();
        Assert.True(hasSeen);
    });

    [Fact]
    public void What_a_callback_signals_has_had_its_effect_when_the_signal_returns()
    {
        (uint handle, Fence inner) = _scene.Pending();
        _scene.Do([In(handle)], Null(A, Page));
        Fence outer = _scene.Device.CreateFence("outer");
        bool wasMapped = false;
        outer.OnSignalled(_ =>
        {
            inner.TrySignal();
            wasMapped = _scene.IsMapped(A);
        });
        outer.TrySignal();
        Assert.True(wasMapped);
    }

    [Fact]
    public void A_callback_that_throws_keeps_nothing_from_happening()
    {
        (uint handle, Fence fence) = _scene.Pending();
        fence.OnSignalled(_ => throw new InvalidOperationException("first"));
        _scene.Do([In(handle)], Null(A, Page));
        fence.OnSignalled(_ => throw new InvalidOperationException("second"));
        fence.OnSignalled(_results.Add);
        var thrown = Assert.Throws<InvalidOperationException>(() => fence.TrySignal(Errno.EIO));
        Assert.Equal("first", thrown.Message);
        Assert.Equal([Errno.EIO], _results);
        Assert.True(_scene.IsMapped(A));
    }

    [Fact]
    public void A_chain_of_composites_of_any_length_needs_no_stack() => MustEnd(() =>
    {
        // Point 2 of B is all of A's fence and the gate; A becomes that point; and so on.
        (uint a, Fence first) = _scene.Pending();
        uint b = File.SyncobjCreate();
        Fence gate = _scene.Device.CreateFence("gate");
        for (int i = 0; i < 20_000; i++)
        {
            Assert.Equal(Errno.Ok, File.SyncobjReset(b));
            Assert.Equal(Errno.Ok, File.SyncobjAttach(b, gate, 1));
            Assert.Equal(Errno.Ok,
                File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = a, DstHandle = b, SrcPoint = i == 0 ? 0ul : 1, DstPoint = 2 }));
            Assert.Equal(Errno.Ok, File.SyncobjReset(a));
            Assert.Equal(
                Errno.Ok, File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = b, DstHandle = a, SrcPoint = 2, DstPoint = 1 }));
        }

        Assert.Equal(Errno.Ok, File.SyncobjFence(a, 1, out Fence last));
        gate.TrySignal();
        Assert.False(last.IsSignalled);
        first.TrySignal();
        Assert.True(last.IsSignalled);
    });

    private async void UnmapWhenDone(ValueTask<Errno> wait)
    {
        _results.Add(await wait);
        _results.Add(_scene.Bind([], Unmap(A, Page)));
    }

    private ValueTask<Errno> WaitUserFence(ulong value) => File.WaitUserFenceAsync(
        new DrmXeWaitUserFence { Addr = Address, Op = UserFenceWaitOp.Equal, Value = value, Mask = ulong.MaxValue, Timeout = -1 });

    /// <summary>Runs it on a thread with a small stack, and fails instead of waiting for ever.</summary>
    private static void MustEnd(Action body)
    {
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    body();
                }
                catch (Exception thrown)
                {
                    failure = thrown;
                }
            },
            maxStackSize: 1 << 20);
        thread.IsBackground = true;
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "it waits for itself");
        if (failure is not null)
            throw new InvalidOperationException(failure.Message, failure);
    }
}
