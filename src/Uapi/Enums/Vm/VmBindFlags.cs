using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of one VM_BIND operation, in the bit positions of <see cref="XeProfile.Final"/>.</summary>
[Flags]
[FlagTable("DRM_XE_VM_BIND_FLAG_")]
public enum VmBindFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The GPU may not write.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_READONLY")]
    ReadOnly = 1u << 0,

    /// <summary>Write the page tables now instead of at the first fault; implied outside fault mode.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_IMMEDIATE")]
    Immediate = 1u << 1,

    /// <summary>Reads give zero, writes vanish; MAP only; object and offset must be 0.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_NULL")]
    Null = 1u << 2,

    /// <summary>The contents go into the hang dump.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_DUMPABLE")]
    Dumpable = 1u << 3,

    /// <summary>Refuse stale protected content with -ENOEXEC.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_CHECK_PXP")]
    [OnlyInProfile(XeProfile.Final)]
    CheckPxp = 1u << 4,

    /// <summary>Reserve the range for mirroring CPU addresses; writes no page tables; MAP on fault-mode VMs only; object and offset must be
    /// 0.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_CPU_ADDR_MIRROR")]
    [BitInProfile(1u << 4, XeProfile.SeedGated, XeProfile.SeedOpen)]
    CpuAddrMirror = 1u << 5,

    /// <summary>Memory attributes fall back to their defaults when the CPU range is unmapped; goes with <see cref="CpuAddrMirror"/>
    /// only.</summary>
    [CName("DRM_XE_VM_BIND_FLAG_MADVISE_AUTORESET")]
    [OnlyInProfile(XeProfile.Final)]
    MadviseAutoreset = 1u << 6,

    /// <summary>Arms error injection for the call (BIND-220); known to debug builds of the driver only.</summary>
    [CName("FORCE_OP_ERROR")]
    [DebugBuildOnly]
    ForceOpError = 1u << 31,
}
