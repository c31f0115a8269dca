using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of a sync entry.</summary>
[Flags]
[FlagTable("DRM_XE_SYNC_FLAG_")]
public enum SyncFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Out-sync: signalled on completion. Clear: in-sync, waited for.</summary>
    [CName("DRM_XE_SYNC_FLAG_SIGNAL")]
    Signal = 1u << 0,
}
