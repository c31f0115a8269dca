using XePt.Epochs;

namespace XePt;

/// <summary>Holds table memory in place while a walker is in it; see <see cref="XeDevice.EnterWalk"/>. Dispose it once, on any thread; do
/// not copy it.</summary>
public unsafe ref struct WalkPin : IDisposable
{
    private readonly EpochDomain _epochs;
    private long* _entry;

    internal WalkPin(EpochDomain epochs)
    {
        _epochs = epochs;
        _entry = epochs.Enter();
    }

    /// <summary>Lets go. Nothing that was read under the pin may be followed any more.</summary>
    public void Dispose()
    {
        if (_entry != null)
            _epochs.Exit(_entry);
        _entry = null;
    }
}
