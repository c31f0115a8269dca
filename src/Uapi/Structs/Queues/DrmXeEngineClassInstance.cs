using System.Runtime.InteropServices;
using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Names one engine: class, instance in the class, and GT.</summary>
[CName("drm_xe_engine_class_instance")]
[UapiStruct(Size = 8)]
[StructLayout(LayoutKind.Explicit, Size = 8)]
public partial struct DrmXeEngineClassInstance
{
    /// <summary>Engine class.</summary>
    [CName("engine_class"), FieldOffset(0)]
    public EngineClass EngineClass;

    /// <summary>Logical instance in the class.</summary>
    [CName("engine_instance"), FieldOffset(2)]
    public ushort EngineInstance;

    /// <summary>GT index.</summary>
    [CName("gt_id"), FieldOffset(4)]
    public ushort GtId;

    /// <summary>Padding; never read.</summary>
    [CName("pad"), FieldOffset(6)]
    public ushort Pad;
}
