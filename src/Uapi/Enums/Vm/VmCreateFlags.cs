using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of VM_CREATE.</summary>
[Flags]
[FlagTable("DRM_XE_VM_CREATE_FLAG_")]
public enum VmCreateFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Unmapped addresses read a scratch page.</summary>
    [CName("DRM_XE_VM_CREATE_FLAG_SCRATCH_PAGE")]
    ScratchPage = 1u << 0,

    /// <summary>Jobs run for an unlimited time.</summary>
    [CName("DRM_XE_VM_CREATE_FLAG_LR_MODE")]
    LrMode = 1u << 1,

    /// <summary>Page faults are recoverable; only together with <see cref="LrMode"/>.</summary>
    [CName("DRM_XE_VM_CREATE_FLAG_FAULT_MODE")]
    FaultMode = 1u << 2,
}
