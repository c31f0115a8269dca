using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Who may do atomics on a range (UAPI-031).</summary>
[FlagTable("DRM_XE_ATOMIC_")]
public enum AtomicAccess : uint
{
    /// <summary>Nobody said.</summary>
    [CName("DRM_XE_ATOMIC_UNDEFINED")]
    Undefined = 0,

    /// <summary>The device.</summary>
    [CName("DRM_XE_ATOMIC_DEVICE")]
    Device = 1,

    /// <summary>The device and the CPU.</summary>
    [CName("DRM_XE_ATOMIC_GLOBAL")]
    Global = 2,

    /// <summary>The CPU.</summary>
    [CName("DRM_XE_ATOMIC_CPU")]
    Cpu = 3,
}
