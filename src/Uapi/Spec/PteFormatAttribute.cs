using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>
/// Declares a page-table entry format. Encoders, decoder and layouts are generated into the struct from its
/// <see cref="PteFieldAttribute"/>s and those it takes over by <see cref="PteFieldsOfAttribute"/>, which together declare each of the 64
/// bits of each kind of entry exactly once.
/// </summary>
/// <param name="id">The format's id.</param>
/// <param name="kinds">The kinds of entries that the format has.</param>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class PteFormatAttribute(PteFormatId id, PteEntryKinds kinds) : Attribute
{
    /// <summary>The format's id.</summary>
    public PteFormatId Id { get; } = id;

    /// <summary>The kinds of entries that the format has.</summary>
    public PteEntryKinds Kinds { get; } = kinds;
}
