namespace XePt.Uapi.Spec;

/// <summary>The struct ends in a C flexible array: it starts at the struct's size and has no bytes of its own.</summary>
/// <param name="name">C name of the array.</param>
/// <param name="elementType">Type of one element.</param>
[AttributeUsage(AttributeTargets.Struct)]
internal sealed class FlexibleArrayAttribute(string name, Type elementType) : Attribute
{
    /// <summary>C name of the array.</summary>
    public string Name { get; } = name;

    /// <summary>Type of one element.</summary>
    public Type ElementType { get; } = elementType;
}
