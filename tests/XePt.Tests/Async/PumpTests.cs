using XePt.Devices;
using XePt.Uapi;
using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

#pragma warning disable CA2012, xUnit1031, xUnit1051 // Pumps are looked at while they wait, and nobody else may cancel them.

/// <summary>Pumps that block or are awaited until there is work.</summary>
public class PumpTests
{
    [Fact]
    public void A_blocking_pump_runs_what_another_thread_makes_ready()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        Fence start = scene.BindAfter(Null(A, Page));
        int ran = 0;
        Thread pump = Run(() => ran = scene.Device.PumpOrWait());
        WaitUntilBlocked(pump);
        Assert.False(scene.IsMapped(A));

        start.TrySignal();
        pump.Join();
        Assert.Equal(1, ran);
        Assert.True(scene.IsMapped(A));
    }

    [Fact]
    public void Work_that_is_there_is_run_without_waiting_up_to_the_number_asked_for()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        for (ulong i = 0; i < 3; i++)
            scene.BindAfter(Null(A + (i * Leaf), Page)).TrySignal();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Equal(2, scene.Device.PumpOrWait(2, cancelled.Token));
        Assert.Equal(1, scene.Device.PumpAsync(cancelled.Token).Result);
        Assert.Throws<OperationCanceledException>(() => scene.Device.PumpOrWait(cancelled.Token));
        Assert.True(scene.Device.PumpAsync(cancelled.Token).IsCanceled);
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Device.PumpOrWait(0));
    }

    [Fact]
    public void Cancellation_wakes_a_blocking_pump()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        using var stop = new CancellationTokenSource();
        Exception? thrown = null;
        Thread pump = Run(() => thrown = Record.Exception(() => scene.Device.PumpOrWait(stop.Token)));
        WaitUntilBlocked(pump);
        stop.Cancel();
        pump.Join();
        Assert.Equal(stop.Token, Assert.IsType<OperationCanceledException>(thrown).CancellationToken);
    }

    [Fact]
    public void The_end_of_the_device_wakes_all_pumps()
    {
        var scene = new AsyncScene(drive: DriveMode.Queued);
        var ran = new int[3];
        Thread[] pumps = [.. Enumerable.Range(0, 3).Select(i => Run(() => ran[i] = scene.Device.PumpOrWait()))];
        Array.ForEach(pumps, WaitUntilBlocked);
        ValueTask<int> awaited = scene.Device.PumpAsync();
        scene.Dispose();
        Array.ForEach(pumps, pump => pump.Join());
        Assert.Equal([0, 0, 0], ran);
        Assert.True(awaited.IsCompletedSuccessfully);
        Assert.Equal(0, awaited.Result);
        Assert.Equal(0, scene.Device.PumpOrWait());
    }

    /// <summary>However pumps come to their work, each job is run and counted once.</summary>
    [Fact]
    public void Several_pumps_share_the_work()
    {
        const int Jobs = 2000;
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        using var stop = new CancellationTokenSource();
        long total = 0;
        Thread[] pumps = [.. Enumerable.Range(0, 3).Select(i => Run(() =>
        {
            try
            {
                while (scene.Device.PumpOrWait(i + 1, stop.Token) is var ran && ran > 0)
                    Interlocked.Add(ref total, ran);
            }
            catch (OperationCanceledException)
            {
            }
        }))];
        for (ulong i = 0; i < Jobs; i++)
            scene.BindAfter(Null(A + (i * Page), Page)).TrySignal();
        Assert.True(scene.Vm.LastFence.Wait(Timeout.InfiniteTimeSpan));
        SpinWait.SpinUntil(() => Interlocked.Read(ref total) == Jobs);
        stop.Cancel();
        Array.ForEach(pumps, pump => pump.Join());
        Assert.Equal(Jobs, total);
        Assert.Equal(0, scene.Device.Pump());
    }

    [Fact]
    public void An_awaited_pump_goes_on_where_the_job_becomes_ready()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        Fence start = scene.BindAfter(Null(A, Page));
        int goesOn = 0;
        ValueTask<int> pump = Pump();
        Assert.Equal(0, goesOn);

        start.TrySignal();
        Assert.Equal(Environment.CurrentManagedThreadId, goesOn);
        Assert.Equal(1, pump.Result);
        Assert.True(scene.IsMapped(A));

        async ValueTask<int> Pump()
        {
            int ran = await scene.Device.PumpAsync();
            goesOn = Environment.CurrentManagedThreadId;
            return ran;
        }
    }

    [Fact]
    public void Cancellation_ends_an_awaited_pump()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        using var stop = new CancellationTokenSource();
        ValueTask<int> pump = scene.Device.PumpAsync(stop.Token);
        Assert.False(pump.IsCompleted);
        stop.Cancel();
        Assert.True(pump.IsCanceled);
        Assert.Throws<OperationCanceledException>(() => pump.GetAwaiter().GetResult());

        Fence start = scene.BindAfter(Null(A, Page));
        start.TrySignal();
        Assert.Equal(1, scene.Device.Pump());
    }

    [Theory, InlineData(DriveMode.Inline, false), InlineData(DriveMode.Queued, true)]
    public void Where_nobody_else_can_bring_work_nothing_is_waited_for(DriveMode drive, bool singleThreaded)
    {
        using var scene = new AsyncScene(drive: drive, singleThreaded: singleThreaded);
        Fence start = scene.BindAfter(Null(A, Page));
        Assert.Equal(0, scene.Device.PumpOrWait());
        Assert.Equal(0, scene.Device.PumpAsync().Result);
        start.TrySignal();
        Assert.Equal(drive == DriveMode.Queued ? 1 : 0, scene.Device.PumpOrWait());
        Assert.True(scene.IsMapped(A));
    }

    /// <summary>Nobody else lets the clock look: the pump itself does when the event is due.</summary>
    [Fact]
    public void A_blocking_pump_lets_the_system_clock_look()
    {
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Drive = DriveMode.Queued, Clock = new SystemClock() });
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        uint syncobj = file.SyncobjCreate();
        Fence start = device.CreateFence("start");
        file.SyncobjAttach(syncobj, start);
        vm.MapNull(AddressRange.OfSize(A, Page), [new DrmXeSync { Handle = syncobj }]);

        device.Clock.At(device.Clock.Now + 1_000_000, () => start.TrySignal());
        Assert.Equal(1, device.PumpOrWait());
        Assert.True(vm.Translate(A).IsPresent);
    }

    [Fact]
    public void Waiting_pumps_allocate_nothing_once_warm()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        using var stop = new CancellationTokenSource();
        uint handle = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [In(handle)];
        DrmXeVmBindOp map = Null(A, Page);
        for (int i = 0; i < 300; i++)
            Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            Fence start = scene.Device.CreateFence("test");
            scene.File.SyncobjAttach(handle, start);
            scene.File.VmBind(scene.Vm.Id, [map], syncs);
            ValueTask<int> pump = scene.Device.PumpAsync(stop.Token);
            if (pump.IsCompleted)
                throw new InvalidOperationException("nothing was ready");
            start.TrySignal();
            if (pump.GetAwaiter().GetResult() != 1)
                throw new InvalidOperationException("one job was ready");
        }
    }

    [Fact]
    public void A_blocking_pump_allocates_nothing_once_warm()
    {
        using var scene = new AsyncScene(drive: DriveMode.Queued);
        using var stop = new CancellationTokenSource();
        uint handle = scene.File.SyncobjCreate();
        DrmXeSync[] syncs = [In(handle)];
        DrmXeVmBindOp map = Null(A, Page);
        long allocated = -1;
        int rounds = 0;
        Thread pump = Run(() =>
        {
            long before = 0;
            for (int i = 0; i < 400; i++)
            {
                if (i == 300)
                    before = GC.GetAllocatedBytesForCurrentThread();
                scene.Device.PumpOrWait(1, stop.Token);
                Volatile.Write(ref rounds, i + 1);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });
        for (int i = 0; i < 400; i++)
        {
            Fence start = scene.Device.CreateFence("test");
            scene.File.SyncobjAttach(handle, start);
            scene.File.VmBind(scene.Vm.Id, [map], syncs);
            WaitUntilBlocked(pump);
            start.TrySignal();
            SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > i);
        }

        pump.Join();
        // Each of the last 100 rounds that allocated would do so with 24 bytes at least. The runtime's list of who watches a token makes a
        // node now and then, and keeps it.
        Assert.InRange(allocated, 0, 5 * 24);
    }

    private static Thread Run(Action body)
    {
        var thread = new Thread(() => body());
        thread.Start();
        return thread;
    }

    private static void WaitUntilBlocked(Thread thread) =>
        SpinWait.SpinUntil(() => (thread.ThreadState & (ThreadState.WaitSleepJoin | ThreadState.Stopped)) != 0);
}
