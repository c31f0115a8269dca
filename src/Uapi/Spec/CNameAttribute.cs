namespace XePt.Uapi.Spec;

/// <summary>The name that the C header gives to this struct, field, constant or flag.</summary>
/// <param name="name">The C identifier, for example <c>drm_xe_vm_bind_op</c> or <c>obj_offset</c>.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Field)]
internal sealed class CNameAttribute(string name) : Attribute
{
    /// <summary>The C identifier.</summary>
    public string Name { get; } = name;
}
