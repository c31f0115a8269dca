using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>What one VM_BIND operation does.</summary>
[FlagTable("DRM_XE_VM_BIND_OP_")]
public enum VmBindOp : uint
{
    /// <summary>Map a buffer object, a NULL range or a CPU address mirror.</summary>
    [CName("DRM_XE_VM_BIND_OP_MAP")]
    Map = 0,

    /// <summary>Unmap whatever is mapped in a range.</summary>
    [CName("DRM_XE_VM_BIND_OP_UNMAP")]
    Unmap = 1,

    /// <summary>Map pages of the calling process.</summary>
    [CName("DRM_XE_VM_BIND_OP_MAP_USERPTR")]
    MapUserptr = 2,

    /// <summary>Unmap every mapping of one buffer object.</summary>
    [CName("DRM_XE_VM_BIND_OP_UNMAP_ALL")]
    UnmapAll = 3,

    /// <summary>Migrate and rebind what is mapped in a range.</summary>
    [CName("DRM_XE_VM_BIND_OP_PREFETCH")]
    Prefetch = 4,
}
