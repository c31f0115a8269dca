using XePt.Uapi;

namespace XePt.Native;

/// <summary>A walker behind its handle.</summary>
internal sealed class NativeWalker : NativeObject
{
    private readonly XeWalker _walker;
    private int _isBusy;

    public NativeWalker(XeVm vm, int tile)
    {
        (Vm, Tile, _walker) = (vm, tile, vm.OpenWalker(tile));
        Handles.Add(this);
    }

    /// <summary>The VM.</summary>
    public XeVm Vm { get; }

    /// <summary>The tile.</summary>
    public int Tile { get; }

    /// <summary>Ends the walker and its handle.</summary>
    /// <exception cref="XeptException">Another thread uses it, or has ended it.</exception>
    public void Close()
    {
        using Use use = Enter();
        if (!Handles.TryRemove(this))
            throw new XeptException(Errno.EBADF, "the walker has been closed");
        _walker.Dispose();
    }

    /// <summary>Uses the walker, as the only one.</summary>
    /// <exception cref="XeptException">Another thread uses it.</exception>
    public Use Enter() => new(this);

    /// <summary>The walker while nobody else uses it.</summary>
    public readonly ref struct Use
    {
        private readonly NativeWalker _owner;

        internal Use(NativeWalker owner)
        {
            if (Interlocked.CompareExchange(ref owner._isBusy, 1, 0) != 0)
                throw new XeptException(Errno.EBUSY, "another thread uses this walker");
            _owner = owner;
        }

        /// <summary>The walker.</summary>
        public XeWalker Walker => _owner._walker;

        /// <summary>Lets others use it.</summary>
        public void Dispose() => Volatile.Write(ref _owner._isBusy, 0);
    }
}
