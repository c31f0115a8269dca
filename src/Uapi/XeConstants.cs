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

    /// <summary>Extension name by which a link of an OA stream's parameters sets an <see cref="OaProperty"/>.</summary>
    [CName("DRM_XE_OA_EXTENSION_SET_PROPERTY")]
    public const uint OaExtensionSetProperty = 0;

    /// <summary>Bits of an OA format that hold its <see cref="OaFormatType"/>.</summary>
    [CName("DRM_XE_OA_FORMAT_MASK_FMT_TYPE")]
    public const uint OaFormatMaskFmtType = 0xffu << 0;

    /// <summary>Bits of an OA format that select its counters.</summary>
    [CName("DRM_XE_OA_FORMAT_MASK_COUNTER_SEL")]
    public const uint OaFormatMaskCounterSel = 0xffu << 8;

    /// <summary>Bits of an OA format that hold the size of its counters.</summary>
    [CName("DRM_XE_OA_FORMAT_MASK_COUNTER_SIZE")]
    public const uint OaFormatMaskCounterSize = 0xffu << 16;

    /// <summary>Bits of an OA format that say whether it has B and C counters.</summary>
    [CName("DRM_XE_OA_FORMAT_MASK_BC_REPORT")]
    public const uint OaFormatMaskBcReport = 0xffu << 24;

    /// <summary>Extension name by which a link of a stall-sampling stream's parameters sets an <see cref="EuStallProperty"/>.</summary>
    [CName("DRM_XE_EU_STALL_EXTENSION_SET_PROPERTY")]
    public const uint EuStallExtensionSetProperty = 0;

    /// <summary>Id of the one session of protected content.</summary>
    [CName("DRM_XE_PXP_HWDRM_DEFAULT_SESSION")]
    public const uint PxpHwDrmDefaultSession = 0xf;

    /// <summary>Request on a stream's descriptor: begin to collect.</summary>
    [CName("DRM_XE_OBSERVATION_IOCTL_ENABLE")]
    public const uint ObservationEnable = StreamRequest | 0;

    /// <summary>Request on a stream's descriptor: stop collecting.</summary>
    [CName("DRM_XE_OBSERVATION_IOCTL_DISABLE")]
    public const uint ObservationDisable = StreamRequest | 1;

    /// <summary>Request on a stream's descriptor: other properties.</summary>
    [CName("DRM_XE_OBSERVATION_IOCTL_CONFIG")]
    public const uint ObservationConfig = StreamRequest | 2;

    /// <summary>Request on a stream's descriptor: <see cref="DrmXeOaStreamStatus"/>.</summary>
    [CName("DRM_XE_OBSERVATION_IOCTL_STATUS")]
    public const uint ObservationStatus = StreamRequest | 3;

    /// <summary>Request on a stream's descriptor: <see cref="DrmXeOaStreamInfo"/>.</summary>
    [CName("DRM_XE_OBSERVATION_IOCTL_INFO")]
    public const uint ObservationInfo = StreamRequest | 4;

    /// <summary>Flag of SYNCOBJ_FD_TO_HANDLE: as <see cref="SyncobjFileFlags.SyncFile"/>.</summary>
    [CName("DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE")]
    public const uint SyncobjImportSyncFile = 1u << 0;

    /// <summary>Flag of SYNCOBJ_FD_TO_HANDLE: as <see cref="SyncobjFileFlags.Timeline"/>.</summary>
    [CName("DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_TIMELINE")]
    public const uint SyncobjImportTimeline = 1u << 1;

    // The requests of streams have a type byte of their own, and say nothing of their arguments.
    private const uint StreamRequest = (uint)'i' << 8;
}
