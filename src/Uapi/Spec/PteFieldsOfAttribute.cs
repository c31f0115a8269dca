namespace XePt.Uapi.Spec;

/// <summary>
/// Gives a format the <see cref="PteFieldAttribute"/>s of another type as well, as far as they are about kinds of entries that the format
/// has. They count as if they stood before the format's own: nothing may be declared twice.
/// </summary>
/// <param name="type">The type that has the fields.</param>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class PteFieldsOfAttribute(Type type) : Attribute
{
    /// <summary>The type that has the fields.</summary>
    public Type Type { get; } = type;
}
