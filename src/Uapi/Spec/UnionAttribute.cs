namespace XePt.Uapi.Spec;

/// <summary>Marks a field as one arm of a C union; arms of the same union may share bytes, other fields may not.</summary>
/// <param name="name">Name of the union, unique in its struct.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class UnionAttribute(string name) : Attribute
{
    /// <summary>Name of the union, unique in its struct.</summary>
    public string Name { get; } = name;
}
