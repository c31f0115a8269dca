using XePt.Fences;
using XePt.Memory;

namespace XePt;

/// <summary>What a file descriptor stands for.</summary>
internal abstract class SharedFile
{
    /// <summary>Its descriptor is closed.</summary>
    public abstract void Close();
}

/// <summary>A BO, which its descriptor keeps alive.</summary>
internal sealed class BoFile(SharedBo shared) : SharedFile
{
    public SharedBo Shared { get; } = shared;

    public override void Close() => Shared.DropReference();
}

/// <summary>A sync object, as it is at any time.</summary>
internal sealed class SyncobjFile(SyncObject sync) : SharedFile
{
    public SyncObject Object { get; } = sync;

    public override void Close()
    {
    }
}

/// <summary>A fence that a sync object once held.</summary>
/// <param name="fence">The fence.</param>
/// <param name="isForeign">It is one of another process, which the embedder signals.</param>
internal sealed class SyncFile(Fence fence, bool isForeign = false) : SharedFile
{
    public Fence Fence { get; } = fence;

    public bool IsForeign { get; } = isForeign;

    public override void Close()
    {
    }
}

/// <summary>A client of a device.</summary>
internal sealed class DeviceFile(XeFile client) : SharedFile
{
    public XeFile Client { get; } = client;

    public override void Close()
    {
    }
}
