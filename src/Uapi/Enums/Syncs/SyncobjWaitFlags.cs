using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of the waits for sync objects, and of SYNCOBJ_TRANSFER.</summary>
[Flags]
[FlagTable("DRM_SYNCOBJ_WAIT_FLAGS_")]
public enum SyncobjWaitFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Wait for all objects instead of any.</summary>
    [CName("DRM_SYNCOBJ_WAIT_FLAGS_WAIT_ALL")]
    All = 1u << 0,

    /// <summary>Wait for a fence or point that is not there yet, instead of refusing.</summary>
    [CName("DRM_SYNCOBJ_WAIT_FLAGS_WAIT_FOR_SUBMIT")]
    ForSubmit = 1u << 1,

    /// <summary>Wait only until the point is there; it need not have signalled.</summary>
    [CName("DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE")]
    Available = 1u << 2,

    /// <summary>The deadline field is filled in.</summary>
    [CName("DRM_SYNCOBJ_WAIT_FLAGS_WAIT_DEADLINE")]
    Deadline = 1u << 3,
}
