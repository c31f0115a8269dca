namespace XePt.Native;

/// <summary>The name of this type in the C header. The fields, constants and parameters have the names they have here, in lower case with
/// underscores.</summary>
/// <param name="name">For example <c>xept_vma</c>.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Enum)]
internal sealed class CTypeAttribute(string name) : Attribute
{
    /// <summary>The name in C.</summary>
    public string Name { get; } = name;
}

/// <summary>The values of this field or parameter are those of an enum or set of flags.</summary>
/// <param name="values">The enum.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Parameter)]
internal sealed class CEnumAttribute(Type values) : Attribute
{
    /// <summary>The enum.</summary>
    public Type Values { get; } = values;
}

/// <summary>What this parameter points to is read, and not written.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class CConstAttribute : Attribute;

/// <summary>The parameters of the callback that this field or parameter is.</summary>
/// <param name="names">Their names in C.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Parameter)]
internal sealed class CParametersAttribute(params string[] names) : Attribute
{
    /// <summary>Their names in C.</summary>
    public IReadOnlyList<string> Names { get; } = names;
}
