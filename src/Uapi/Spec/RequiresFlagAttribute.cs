namespace XePt.Uapi.Spec;

/// <summary>The flag is accepted only together with another flag of the same enum.</summary>
/// <param name="flag">The .NET name of the other flag.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class RequiresFlagAttribute(string flag) : Attribute
{
    /// <summary>The .NET name of the other flag.</summary>
    public string Flag { get; } = flag;
}
