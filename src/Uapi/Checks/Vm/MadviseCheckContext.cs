using XePt.Uapi.Formats;

namespace XePt.Uapi.Checks;

/// <summary>What the argument checks of MADVISE know about the device.</summary>
internal readonly ref struct MadviseCheckContext
{
    /// <summary>The platform's PAT table; its length is the number of valid indices.</summary>
    public required ReadOnlySpan<PatEntry> Pat { get; init; }
}
