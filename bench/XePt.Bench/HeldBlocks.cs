using XePt.Memory;

namespace XePt.Bench;

/// <summary>The native blocks that this thread has taken and not given back, while it is there: what arenas, stores, indices and pools
/// hold, to the byte.</summary>
internal sealed class HeldBlocks : NativeWatch, IDisposable
{
    private readonly Dictionary<nint, nuint> _sizes = [];

    public HeldBlocks() => NativeBlocks.Watch = this;

    public long Bytes { get; private set; }

    public override bool Allows() => true;

    public override void Taken(nint block, nuint bytes)
    {
        _sizes[block] = bytes;
        Bytes += (long)bytes;
    }

    // What was there before is not held by anything that is counted.
    public override void Returned(nint block) => Bytes -= _sizes.Remove(block, out nuint bytes) ? (long)bytes : 0;

    public void Dispose() => NativeBlocks.Watch = null;
}
