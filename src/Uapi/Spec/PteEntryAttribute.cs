using XePt.Uapi.Formats;

namespace XePt.Uapi.Spec;

/// <summary>Declares one kind of entry of a format; the <see cref="PteFieldAttribute"/>s beside it declare its 64 bits.</summary>
/// <param name="kind">The kind of entry.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PteEntryAttribute(PteEntryKind kind) : Attribute
{
    /// <summary>The kind of entry.</summary>
    public PteEntryKind Kind { get; } = kind;
}
