namespace XePt.Uapi.Spec;

/// <summary>The flag exists in these profiles only. Without this attribute it exists in all.</summary>
/// <param name="profiles">The profiles.</param>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class OnlyInProfileAttribute(params XeProfile[] profiles) : Attribute
{
    /// <summary>The profiles.</summary>
    public IReadOnlyList<XeProfile> Profiles { get; } = profiles;
}
