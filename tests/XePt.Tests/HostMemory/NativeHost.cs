using XePt.Memory;

namespace XePt.Tests.HostMemory;

/// <summary>The memory of the host as far as this thread's calls get any: counts the blocks, and refuses some when told to. While it is
/// there.</summary>
internal sealed class NativeHost : NativeWatch, IDisposable
{
    private long _failAt = long.MaxValue;
    private bool _isOneOff;

    public NativeHost() => NativeBlocks.Watch = this;

    /// <summary>Blocks taken and not given back.</summary>
    public long Live { get; private set; }

    /// <summary>Blocks asked for since the last <see cref="Refuse"/>.</summary>
    public long Asked { get; private set; }

    public bool HasRefused { get; private set; }

    /// <summary>The <paramref name="nth"/> block from now on is refused, and all after it unless only that one is to be.</summary>
    public void Refuse(long nth, bool isOneOff = false) => (_failAt, _isOneOff, Asked, HasRefused) = (nth, isOneOff, 0, false);

    /// <summary>There is memory again.</summary>
    public void Recover() => _failAt = long.MaxValue;

    public override bool Allows()
    {
        Asked++;
        if (_isOneOff ? Asked == _failAt : Asked >= _failAt)
        {
            HasRefused = true;
            return false;
        }

        Live++;
        return true;
    }

    public override void Returned(nint block) => Live--;

    public void Dispose() => NativeBlocks.Watch = null;
}
