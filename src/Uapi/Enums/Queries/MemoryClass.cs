using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Kinds of memory regions.</summary>
[FlagTable("DRM_XE_MEM_REGION_CLASS_")]
public enum MemoryClass : ushort
{
    /// <summary>System memory.</summary>
    [CName("DRM_XE_MEM_REGION_CLASS_SYSMEM")]
    System = 0,

    /// <summary>Memory of the device.</summary>
    [CName("DRM_XE_MEM_REGION_CLASS_VRAM")]
    Vram = 1,
}
