namespace XePt.Cli.Stress.Svm;

/// <summary>A thread that runs what is ready on a queued device, beside those that wait for it.</summary>
internal sealed class PumpThread : IDisposable
{
    private readonly XeDevice _device;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    /// <param name="device">The device.</param>
    /// <param name="failed">Told what ends the thread before its time.</param>
    public PumpThread(XeDevice device, Action<Exception> failed)
    {
        _device = device;
        _thread = new Thread(() => Run(failed));
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run(Action<Exception> failed)
    {
        try
        {
            while (_device.PumpOrWait(_stop.Token) > 0)
            {
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
        catch (Exception e)
        {
            failed(e);
        }
    }
}
