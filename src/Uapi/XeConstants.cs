using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Numbers of the uAPI that belong to no enum.</summary>
[UapiConstants]
public static class XeConstants
{
    /// <summary>First ioctl number of a driver; request numbers count from it.</summary>
    [CName("DRM_COMMAND_BASE")]
    public const uint CommandBase = 0x40;

    /// <summary>First ioctl number after those of a driver.</summary>
    [CName("DRM_COMMAND_END")]
    public const uint CommandEnd = 0xa0;

    /// <summary>Most sync entries of one call.</summary>
    [CName("DRM_XE_MAX_SYNCS")]
    public const uint MaxSyncs = 1024;

    /// <summary>Prefetch to wherever the memory attributes of the range say; compared as 32 bits.</summary>
    [CName("DRM_XE_CONSULT_MEM_ADVISE_PREF_LOC")]
    public const int ConsultMemAdvisePrefLoc = -1;

    /// <summary>Preferred location: memory of the device that the VM belongs to.</summary>
    [CName("DRM_XE_PREFERRED_LOC_DEFAULT_DEVICE")]
    public const int PreferredLocDefaultDevice = 0;

    /// <summary>Preferred location: system memory.</summary>
    [CName("DRM_XE_PREFERRED_LOC_DEFAULT_SYSTEM")]
    public const int PreferredLocDefaultSystem = -1;

    /// <summary>Value bit of <see cref="ExecQueueProperty.MultiGroup"/> that makes a new group.</summary>
    [CName("DRM_XE_MULTI_GROUP_CREATE")]
    public const ulong MultiGroupCreate = 1ul << 63;
}
