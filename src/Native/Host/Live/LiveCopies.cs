using XePt.Host;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>Copies pages of processes into device memory and back, but for those of this process: their bytes stay where the program sees
/// them (<see cref="LiveBlock"/>).</summary>
internal sealed class LiveCopies : ICopyEngine
{
    /// <summary>The one.</summary>
    public static LiveCopies Instance { get; } = new();

    /// <inheritdoc/>
    public Errno Copy(in CopyJob job) => job.Other is LiveProcess ? Errno.Ok : InstantCopyEngine.Instance.Copy(job);
}
