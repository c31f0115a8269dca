using System.Collections.Immutable;

namespace XePt.Uapi.Formats;

/// <summary>A platform's PAT table with its default indices (PT-041 to PT-052).</summary>
public sealed record PatTable
{
    /// <summary>The index that stands for "this platform has no such default" (PT-048).</summary>
    public const uint InvalidIndex = 0xffff;

    /// <summary>The entries by PAT index.</summary>
    public required ImmutableArray<PatEntry> Entries { get; init; }

    /// <summary>Default uncached index ("UC").</summary>
    public required uint IndexNone { get; init; }

    /// <summary>Default write-through index ("WT").</summary>
    public required uint IndexWriteThrough { get; init; }

    /// <summary>Default write-back index ("WB").</summary>
    public required uint IndexWriteBack { get; init; }

    /// <summary>Default uncached, compressed index; 0 where the platform has none.</summary>
    public uint IndexNoneCompressed { get; init; }

    /// <summary>Default write-back, compressed index; <see cref="InvalidIndex"/> where the platform has none.</summary>
    public uint IndexWriteBackCompressed { get; init; } = InvalidIndex;

    /// <summary>Number of entries; an index at or above it is never a valid bind argument (PT-045).</summary>
    public int Count => Entries.Length;

    /// <summary>The entries by index.</summary>
    public override string ToString() =>
        $"{Count} entries: {string.Join(", ", Entries.Select((entry, index) => $"{index}: {entry}"))}";

    /// <summary>The coherency bucket of an index, <see cref="PatCoherency.Reserved"/> for one outside the table (PT-045).</summary>
    /// <param name="index">A PAT index, any value.</param>
    public PatCoherency CoherencyOf(uint index) => index < (uint)Entries.Length ? Entries[(int)index].Coherency : PatCoherency.Reserved;

    /// <summary>Whether an index enables compression; false outside the table (PT-043).</summary>
    /// <param name="index">A PAT index, any value.</param>
    public bool IsCompressed(uint index) => index < (uint)Entries.Length && Entries[(int)index].Compressed;
}
