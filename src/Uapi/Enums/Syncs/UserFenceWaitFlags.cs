using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of WAIT_USER_FENCE.</summary>
[Flags]
[FlagTable("DRM_XE_UFENCE_WAIT_FLAG_")]
public enum UserFenceWaitFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The timeout is a point in time.</summary>
    [CName("DRM_XE_UFENCE_WAIT_FLAG_ABSTIME")]
    AbsoluteTime = 1 << 0,
}
