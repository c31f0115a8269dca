using System.Diagnostics.Tracing;
using XePt.Bench;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Diagnostics;

/// <summary>The ring recorder: what it keeps, what it costs, what its readers see while it is written.</summary>
public class RecorderTests
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    [Fact]
    public void A_record_has_32_bytes_at_most() => Assert.InRange(XeRecorder.BytesPerRecord, 1, 32);

    [Fact]
    public void What_a_client_does_can_be_read_afterwards()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB);
        scene.Device.Recorder.Start();
        scene.Do(Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate));
        scene.File.VmBind(scene.Vm.Id, Op.Map(x, 1, 2 * MiB));
        scene.Device.Recorder.Stop();
        scene.Do(Op.Unmap(A, 2 * MiB));
        IReadOnlyList<XeRecord> records = scene.Device.Recorder.Read();
        Assert.Equal(["xe_vma_bind", "IoctlStop"], records.Select(record => record.Event!.Name));
        Assert.Equal([0, 1], records.Select(record => record.Number));
        XeRecord bind = records[0];
        Assert.Equal((1, (long)A, (long)(A + (2 * MiB) - 1)), (bind["vm"], bind["start"], bind["end"]));
        Assert.Equal((0x45, (int)Errno.EINVAL), (records[1]["request"], records[1]["errno"]));
        Assert.All(records, record => Assert.Equal((Environment.CurrentManagedThreadId, 0L), (record.Thread, record.TimeNs)));
        Assert.Equal($"0 t{bind.Thread} 0.000 us xe_vma_bind vma=1 vm=1 start=0x{A:x} end=0x{A + (2 * MiB) - 1:x}", bind.ToString());
        Assert.Throws<ArgumentException>(() => bind["ptr"]);
    }

    [Fact]
    public void Of_calls_those_that_are_refused_are_kept_and_verbose_keeps_all()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 2 * MiB);
        scene.Device.Recorder.Start();
        var create = new DrmXeVmCreate();
        scene.File.VmCreate(ref create);
        uint vm = create.VmId;
        scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm + 1 });
        scene.File.VmBind(vm + 1, Op.Null(A, MiB));
        Assert.Equal(
            [(XeIoctl.VmDestroy & 0xff, Errno.ENOENT), (XeIoctl.VmBind & 0xff, Errno.EINVAL)],
            scene.Device.Recorder.Read().Where(record => record.Event!.Name == "IoctlStop")
                .Select(record => ((uint)record["request"], (Errno)record["errno"])));
        Assert.DoesNotContain(scene.Device.Recorder.Read(), record => record.Event!.Name == "IoctlStart");

        scene.Device.Recorder.Start(
            level: EventLevel.Verbose, groups: XeEventGroups.Ioctl | XeEventGroups.Bo | XeEventGroups.Vma);
        scene.Do(Op.Map(x, A, 2 * MiB, flags: VmBindFlags.Immediate));
        scene.File.VmBind(scene.Vm.Id, Op.Map(x, 1, 2 * MiB));
        Assert.Equal(["IoctlStart", "xe_bo_validate", "xe_vma_bind", "IoctlStop", "IoctlStart", "IoctlStop"],
            scene.Device.Recorder.Read().Select(record => record.Event!.Name));
    }

    [Fact]
    public void Verbose_also_keeps_stages_and_groups_leave_out_what_is_not_asked_for()
    {
        using var scene = new BindScene();
        scene.Device.Recorder.Start(level: EventLevel.Verbose, groups: XeEventGroups.Stage);
        scene.Do(Op.Null(A, MiB));
        Assert.Equal(
            ["ValidateStart", "ValidateStop", "SplitStart", "SplitStop", "ResideStart", "ResideStop", "KeepStart", "KeepStop",
                "SignalStart", "SignalStop"],
            scene.Device.Recorder.Read().Select(record => record.Event!.Name).Where(name => name is not ("StageStart" or "StageStop"
                or "RunStart" or "RunStop" or "RetireStart" or "RetireStop")));
    }

    [Fact]
    public void The_newest_records_stay_and_a_dump_says_how_many_are_lost()
    {
        using var scene = new BindScene();
        scene.Device.Recorder.Start(records: 5, EventLevel.Verbose, XeEventGroups.Ioctl);
        for (int i = 0; i < 7; i++)
            scene.Do(Op.Null(A, MiB));
        Assert.Equal(14, scene.Device.Recorder.Written);
        Assert.Equal([6, 7, 8, 9, 10, 11, 12, 13], scene.Device.Recorder.Read().Select(record => record.Number));
        using var text = new StringWriter();
        scene.Device.Recorder.Dump(text);
        Assert.StartsWith($"{scene.Device.Name}: 8 events, 6 older ones overwritten", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(9, text.ToString().Split('\n').Length - 1);
    }

    [Fact]
    public void Records_carry_the_time_of_the_devices_clock()
    {
        using var scene = new BindScene();
        scene.Device.Recorder.Start(level: EventLevel.Verbose, groups: XeEventGroups.Ioctl);
        ((VirtualClock)scene.Device.Clock).Advance(640_000);
        scene.Do(Op.Null(A, MiB));
        ((VirtualClock)scene.Device.Clock).Advance(64L << 41);
        Assert.Equal(640_000 + (64L << 41) - (64L << 41), scene.Device.Recorder.Read()[0].TimeNs % (64L << 40));
    }

    /// <summary>Each writer writes the same value in all words: a record of two writers would show two.</summary>
    [Fact]
    public void Readers_see_whole_records_or_know_that_they_are_torn_while_several_threads_write()
    {
        var ring = new RecordRing(64, EventLevel.Verbose, XeEventGroups.All, () => 0);
        const int Writers = 4, Each = 20_000;
        // The writers stop half way until the reader has read once, so there is something to read, and much is still to be written.
        using var half = new CountdownEvent(Writers);
        using var isRead = new ManualResetEventSlim();
        Thread[] threads = [.. Enumerable.Range(1, Writers).Select(writer => new Thread(() =>
        {
            for (int i = 1; i <= Each; i++)
            {
                ring.Write(20, ((ulong)writer << 32) | (uint)i, ((ulong)writer << 32) | (uint)i, ((ulong)writer << 32) | (uint)i);
                if (i != Each / 2)
                    continue;
                half.Signal();
                isRead.Wait();
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        half.Wait(TestContext.Current.CancellationToken);
        int whole = WholeOf(ring);
        isRead.Set();
        while (threads.Any(thread => thread.IsAlive))
            whole += WholeOf(ring);
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal(Writers * Each, ring.Written);
        List<XeRecord> last = ring.Read();
        Assert.Equal(64, last.Count);
        Assert.Equal(Enumerable.Range((Writers * Each) - 64, 64).Select(number => (long)number), last.Select(record => record.Number));
        Assert.True(whole > 0);
    }

    [Fact]
    public void A_record_that_two_laps_have_written_into_is_torn()
    {
        var ring = new RecordRing(2, EventLevel.Verbose, XeEventGroups.All, () => 0);
        for (ulong i = 0; i < 4; i++)
            ring.Write(20, i, i, i);
        Assert.All(ring.Read(), record => Assert.False(record.IsTorn));
        ring.Words[1] = ring.Words[1] & ((1UL << 56) - 1) | 1UL << 56;
        Assert.Equal([true, false], ring.Read().Select(record => record.IsTorn));
        Assert.Equal("2 torn", ring.Read()[0].ToString());
    }

    [Fact]
    public void Recording_allocates_nothing()
    {
        using var scene = new BindScene();
        DrmXeVmBindOp map = Op.Null(A, MiB), unmap = Op.Unmap(A, MiB);
        scene.Device.Recorder.Start(level: EventLevel.Verbose);
        for (int i = 0; i < 50; i++)
            scene.Do(map, unmap);
        uint vm = scene.Vm.Id;
        Assert.Equal(0, Allocations.Of(100, () =>
        {
            _ = scene.File.VmBind(vm, map);
            _ = scene.File.VmBind(vm, unmap);
        }));
        Assert.True(scene.Device.Recorder.Written > 2000);
    }

    [Fact]
    public void An_exception_that_leaves_the_engine_makes_the_recorder_write()
    {
        using var scene = new BindScene();
        using var text = new StringWriter();
        scene.Device.Recorder.FailureDump = text;
        scene.Device.Failures.Passing = _ => throw new InvalidOperationException("a test");
        Assert.Throws<InvalidOperationException>(() => scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB)));
        Assert.Equal("", text.ToString());

        scene.Device.Recorder.Start(level: EventLevel.Verbose);
        Assert.Throws<InvalidOperationException>(() => scene.File.VmBind(scene.Vm.Id, Op.Null(A, MiB)));
        Assert.StartsWith("System.InvalidOperationException: a test\n", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("IoctlStart request=0x45", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(XeRecorder.MostRecords + 1)]
    public void There_are_as_many_records_as_there_can_be(int records)
    {
        using var device = new XeDevice(XePt.Devices.XePlatforms.Bmg);
        Assert.Throws<ArgumentOutOfRangeException>(() => device.Recorder.Start(records));
        Assert.False(device.Recorder.IsOn);
    }

    /// <summary>Records that are there as a whole, each of one writer.</summary>
    private static int WholeOf(RecordRing ring)
    {
        XeRecord[] whole = [.. ring.Read().Where(record => !record.IsTorn)];
        Assert.All(whole, record => Assert.Equal((record.First, record.First), (record.Second, record.Third)));
        return whole.Length;
    }
}
