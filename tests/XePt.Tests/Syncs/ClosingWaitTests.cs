using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Syncs;

/// <summary>No wait of a client outlives it: what closing does not bring about ends with -ECANCELED.</summary>
public class ClosingWaitTests
{
    private const SyncobjWaitFlags ForSubmit = SyncobjWaitFlags.ForSubmit;

    public static TheoryData<string, bool> Waits
    {
        get
        {
            var all = new TheoryData<string, bool>();
            foreach (string wait in (string[])["signal", "submission", "all", "point", "word", "word and deadline", "transfer"])
            {
                all.Add(wait, false);
                all.Add(wait, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Waits))]
    [Rule("BIND-016")]
    public void A_thread_that_waits_comes_back_when_its_client_is_closed(string wait, bool byDevice)
    {
        using var scene = new SyncScene(DriveMode.Queued);
        Errno error = Errno.Ok;
        var waiter = new Thread(() => error = Wait(scene, wait)) { IsBackground = true };
        waiter.Start();
        while ((waiter.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) == 0)
            Thread.Yield();
        Close(scene, byDevice);
        // The limit only keeps the test from hanging.
        Assert.True(waiter.Join(TimeSpan.FromMinutes(1)));
        Assert.Equal((Errno.ECANCELED, "BIND-016"), (error, scene.File.LastRejection.RuleId));
    }

    [Theory]
    [InlineData(DriveMode.Inline, false)]
    [InlineData(DriveMode.Inline, true)]
    [InlineData(DriveMode.Queued, false)]
    [InlineData(DriveMode.Queued, true)]
    [Rule("BIND-016")]
    public async Task Awaited_waits_end_when_their_client_is_closed(DriveMode drive, bool byDevice)
    {
        using var scene = new SyncScene(drive);
        XeFile other = scene.Device.OpenFile();
        uint foreign = other.SyncobjCreate();
        uint pending = scene.Pending(out _), empty = scene.File.SyncobjCreate();
        Task<Errno>[] waits =
        [
            scene.File.SyncobjWaitAsync(SyncScene.WaitArgs(long.MaxValue, 0, pending), [pending]).AsTask(),
            scene.File.SyncobjWaitAsync(SyncScene.WaitArgs(1000, ForSubmit, empty), [empty]).AsTask(),
            scene.File.SyncobjTimelineWaitAsync(SyncScene.WaitArgs(long.MaxValue, ForSubmit, (empty, 7)), [empty], [7]).AsTask(),
            scene.File.WaitUserFenceAsync(Word(-1)).AsTask(),
        ];
        ValueTask<Errno> others = other.SyncobjWaitAsync(SyncScene.WaitArgs(long.MaxValue, ForSubmit, foreign), [foreign]);
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        Close(scene, byDevice);
        foreach (Task<Errno> wait in waits)
        {
            Assert.True(wait.IsCompleted);
            Assert.Equal(Errno.ECANCELED, await wait);
        }

        // A wait of another client goes on as long as that one is there.
        Assert.Equal(byDevice, others.IsCompleted);
        other.Dispose();
        Assert.Equal(Errno.ECANCELED, await others);
        Assert.Equal(long.MaxValue, scene.Clock.NextDue);
    }

    [Fact]
    [Rule("BIND-016")]
    public async Task What_closing_brings_about_ends_a_wait_as_usual()
    {
        using var scene = new SyncScene();
        var create = new DrmXeVmCreate();
        Assert.Equal(Errno.Ok, scene.File.VmCreate(ref create));
        uint pending = scene.Pending(out _), done = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [Op.In(pending), Op.Out(done)];
        DrmXeVmBindOp op = Op.Null(0x1000, 0x1000, VmBindFlags.Immediate);
        var bind = new DrmXeVmBind { VmId = create.VmId, NumBinds = 1, NumSyncs = 2, Bind = op };
        Assert.Equal(Errno.Ok, scene.File.VmBind(bind, syncs: syncs));
        ValueTask<Errno> wait = scene.File.SyncobjWaitAsync(SyncScene.WaitArgs(long.MaxValue, 0, done), [done]);
        Assert.False(wait.IsCompleted);
        scene.File.Dispose();
        Assert.Equal((true, Errno.Ok), (wait.IsCompleted, await wait));
    }

    private static Errno Wait(SyncScene scene, string wait)
    {
        uint pending = scene.Pending(out _), empty = scene.File.SyncobjCreate();
        DrmXeWaitUserFence word = Word(wait == "word" ? -1 : 1_000_000_000);
        return wait switch
        {
            "signal" => scene.Wait(long.MaxValue, 0, pending),
            "submission" => scene.Wait(long.MaxValue, ForSubmit, empty),
            "all" => scene.Wait(long.MaxValue, SyncobjWaitFlags.All, pending, pending),
            "point" => scene.WaitPoints(long.MaxValue, ForSubmit, (pending, 9), (empty, 3)),
            "transfer" => scene.File.SyncobjTransfer(new DrmSyncobjTransfer { SrcHandle = empty, DstHandle = pending, Flags = ForSubmit }),
            _ => scene.File.WaitUserFence(ref word),
        };
    }

    private static DrmXeWaitUserFence Word(long timeout) => new() { Addr = 0x8000, Value = 1, Mask = ulong.MaxValue, Timeout = timeout };

    private static void Close(SyncScene scene, bool byDevice)
    {
        if (byDevice)
            scene.Device.Dispose();
        else
            scene.File.Dispose();
    }
}
