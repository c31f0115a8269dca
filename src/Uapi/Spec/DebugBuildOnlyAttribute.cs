namespace XePt.Uapi.Spec;

/// <summary>The flag is known to debug builds of the driver only and is no part of the public header.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class DebugBuildOnlyAttribute : Attribute;
