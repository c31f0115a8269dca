using System.Runtime.CompilerServices;
using XePt.Fences;
using XePt.Memory;

namespace XePt;

// Pumps of the queued drive: threads of the embedder's that run what fences have made ready.
public sealed partial class XeDevice
{
    private readonly FenceTimeline _ending = new("device disposed");

    /// <summary>Signals when the device is disposed: no pump waits any longer.</summary>
    internal Fence Ended => _ending.At(1);

    /// <summary>Queued drive: runs jobs whose fences have signalled, also those that become ready meanwhile. Any number of threads may
    /// pump.</summary>
    /// <param name="most">Jobs to run at most.</param>
    /// <returns>Jobs run; always 0 with the inline drive, where signalling runs them.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is negative.</exception>
    public int Pump(int most = int.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(most);
        WriterGate.ThrowIfInside();
        return Scheduler.Pump(most);
    }

    /// <summary>As <see cref="PumpOrWait(int, CancellationToken)"/>, without a limit.</summary>
    public int PumpOrWait(CancellationToken cancellation = default) => PumpOrWait(int.MaxValue, cancellation);

    /// <summary>As <see cref="PumpAsync(int, CancellationToken)"/>, without a limit.</summary>
    public ValueTask<int> PumpAsync(CancellationToken cancellation = default) => PumpAsync(int.MaxValue, cancellation);

    /// <summary>As <see cref="Pump"/>, but blocks the thread until there is something to run: <c>while (device.PumpOrWait(stop) > 0) ;</c>
    /// is a whole pump. With a <see cref="SystemClock"/> it also lets happen what is due while it waits.</summary>
    /// <param name="most">Jobs to run at most, at least 1.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>Jobs run, at least 1; 0 when nothing is to be waited for: the device has been disposed, has the inline drive, or is
    /// <see cref="XeDeviceOptions.SingleThreaded"/> and has nothing to run.</returns>
    /// <exception cref="OperationCanceledException">Cancelled while there was nothing to run.</exception>
    /// <exception cref="InvalidOperationException">Called from inside a VM (<see cref="XeVm.VisitTables"/>).</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="most"/> is less than 1.</exception>
    public int PumpOrWait(int most, CancellationToken cancellation = default)
    {
        int ran;
        while ((ran = PumpOnce(most)) == 0 && MayWait(cancellation))
        {
            if (Clock.RunDue() == 0)
                WaitForWork(cancellation);
        }

        return ran;
    }

    /// <summary>As <see cref="PumpOrWait(int, CancellationToken)"/>, to be awaited. Neither a task nor a thread stands behind it.</summary>
    /// <param name="most">As there.</param>
    /// <param name="cancellation">As there.</param>
    /// <returns>As there. Await it once.</returns>
    /// <remarks>The jobs run, and the caller goes on, where the caller's synchronization context says; without one, on the thread that
    /// made the job ready, before its call returns, as callbacks of a fence do. Nobody lets a <see cref="SystemClock"/> look
    /// meanwhile.</remarks>
    /// <exception cref="OperationCanceledException">As there.</exception>
    /// <exception cref="InvalidOperationException">As there.</exception>
    /// <exception cref="ArgumentOutOfRangeException">As there.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> PumpAsync(int most, CancellationToken cancellation = default)
    {
        int ran;
        while ((ran = PumpOnce(most)) == 0 && MayWait(cancellation))
        {
            WorkWait wait = WorkWait.Begin(this, cancellation);
            using CancellationTokenRegistration wake = wait.WakeWhenCancelled();
            await wait.HangAsync();
        }

        return ran;
    }

    private int PumpOnce(int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        return Pump(most);
    }

    /// <summary>Somebody else may bring work.</summary>
    private bool MayWait(CancellationToken cancellation)
    {
        if (!Options.WaitsForOtherThreads || Ended.IsSignalled)
            return false;
        cancellation.ThrowIfCancellationRequested();
        return true;
    }

    private void WaitForWork(CancellationToken cancellation)
    {
        ThreadJobs.Own.RunBeforeBlocking();
        WorkWait wait = WorkWait.Begin(this, cancellation);
        using (wait.WakeWhenCancelled())
            wait.Block();
        wait.Recycle();
    }
}
