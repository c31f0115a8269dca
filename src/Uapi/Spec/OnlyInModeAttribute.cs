namespace XePt.Uapi.Spec;

/// <summary>The flag is accepted on VMs of this mode only. Without this attribute it is accepted on all.</summary>
/// <param name="mode">The VM mode.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class OnlyInModeAttribute(VmMode mode) : Attribute
{
    /// <summary>The VM mode.</summary>
    public VmMode Mode { get; } = mode;
}
