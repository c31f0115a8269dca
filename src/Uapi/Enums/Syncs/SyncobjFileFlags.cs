using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of SYNCOBJ_HANDLE_TO_FD and, with other C names, of SYNCOBJ_FD_TO_HANDLE.</summary>
[Flags]
[FlagTable("DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_")]
public enum SyncobjFileFlags : uint
{
    /// <summary>No flag: the descriptor is the object itself.</summary>
    None = 0,

    /// <summary>The descriptor is a sync file: the fence of the object at that moment.</summary>
    [CName("DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE")]
    SyncFile = 1u << 0,

    /// <summary>The fence is that of a point.</summary>
    [CName("DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_TIMELINE")]
    Timeline = 1u << 1,
}
