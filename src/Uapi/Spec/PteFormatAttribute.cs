using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>
/// Declares a page-table entry format. Encoders, decoder and layouts are generated into the struct from its <see cref="PteEntryAttribute"/>
/// properties.
/// </summary>
/// <param name="id">The format's id.</param>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class PteFormatAttribute(PteFormatId id) : Attribute
{
    /// <summary>The format's id.</summary>
    public PteFormatId Id { get; } = id;
}
