namespace XePt.Uapi.Spec;

/// <summary>
/// Marks the static partial class into which the switches over all declared formats, and the bits they share, are generated.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class PteFormatTableAttribute : Attribute;
