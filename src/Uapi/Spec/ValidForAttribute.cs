namespace XePt.Uapi.Spec;

/// <summary>The flag is accepted with these operations only. Without this attribute it is accepted with all.</summary>
/// <param name="ops">The operations.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ValidForAttribute(params VmBindOp[] ops) : Attribute
{
    /// <summary>The operations.</summary>
    public IReadOnlyList<VmBindOp> Ops { get; } = ops;
}
