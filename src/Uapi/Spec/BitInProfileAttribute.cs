namespace XePt.Uapi.Spec;

/// <summary>In these profiles the flag sits at another bit than its enum value.</summary>
/// <param name="bit">The flag's value there; one bit.</param>
/// <param name="profiles">The profiles.</param>
[AttributeUsage(AttributeTargets.Field, AllowMultiple = true)]
internal sealed class BitInProfileAttribute(uint bit, params XeProfile[] profiles) : Attribute
{
    /// <summary>The flag's value in the profiles.</summary>
    public uint Bit { get; } = bit;

    /// <summary>The profiles.</summary>
    public IReadOnlyList<XeProfile> Profiles { get; } = profiles;
}
