namespace XePt.Uapi.Spec;

/// <summary>Asks the FlagTables generator for the names, masks, formatting and parsing of an enum.</summary>
/// <remarks>The result is a static class named after the enum, for example <c>VmBindFlagsTable</c>.</remarks>
/// <param name="prefix">What the C names have in common; short names leave it out.</param>
[AttributeUsage(AttributeTargets.Enum)]
internal sealed class FlagTableAttribute(string prefix) : Attribute
{
    /// <summary>What the C names have in common; short names leave it out.</summary>
    public string Prefix { get; } = prefix;
}
