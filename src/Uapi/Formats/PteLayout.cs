using System.Collections.Immutable;

namespace XePt.Uapi.Formats;

/// <summary>All 64 bits of one kind of entry of a format, for tools that print or explain entries.</summary>
/// <param name="Kind">The kind of entry.</param>
/// <param name="Fields">The fields, lowest bit first; they do not overlap and cover every bit.</param>
public sealed record PteLayout(PteEntryKind Kind, ImmutableArray<PteField> Fields)
{
    /// <summary>The kind and its fields, lowest bit first.</summary>
    public override string ToString() => $"{Kind}: {string.Join(", ", Fields)}";
}
