namespace XePt.Cli.Stress;

/// <summary>Lets Ctrl+C end a long run early instead of the tool, so that what it has found until then is shown. A second one ends the
/// tool.</summary>
internal sealed class EarlyEnd : IDisposable
{
    private readonly Action _stop;
    private bool _isAsked;

    /// <param name="stop">Ends the run; called at most once, on another thread.</param>
    public EarlyEnd(Action stop)
    {
        _stop = stop;
        System.Console.CancelKeyPress += Cancel;
    }

    public void Dispose() => System.Console.CancelKeyPress -= Cancel;

    private void Cancel(object? sender, ConsoleCancelEventArgs cancel)
    {
        if (_isAsked)
            return;
        cancel.Cancel = _isAsked = true;
        _stop();
    }
}
