using XePt.Uapi;

namespace XePt.Native;

/// <summary>A call cannot be made as it was asked for.</summary>
/// <param name="errno">What it returns.</param>
/// <param name="because">A sentence.</param>
internal sealed class XeptException(Errno errno, string because) : Exception(because)
{
    /// <summary>What the call returns.</summary>
    public Errno Errno { get; } = errno;
}
