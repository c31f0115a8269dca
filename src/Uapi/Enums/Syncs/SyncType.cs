using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Kinds of sync entries.</summary>
[FlagTable("DRM_XE_SYNC_TYPE_")]
public enum SyncType : uint
{
    /// <summary>A binary sync object.</summary>
    [CName("DRM_XE_SYNC_TYPE_SYNCOBJ")]
    Syncobj = 0,

    /// <summary>A point of a timeline sync object.</summary>
    [CName("DRM_XE_SYNC_TYPE_TIMELINE_SYNCOBJ")]
    TimelineSyncobj = 1,

    /// <summary>A 64-bit word in memory.</summary>
    [CName("DRM_XE_SYNC_TYPE_USER_FENCE")]
    UserFence = 2,
}
