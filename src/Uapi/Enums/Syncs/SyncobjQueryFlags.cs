using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of SYNCOBJ_QUERY.</summary>
[Flags]
[FlagTable("DRM_SYNCOBJ_QUERY_FLAGS_")]
public enum SyncobjQueryFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The newest point instead of the newest signalled one.</summary>
    [CName("DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED")]
    LastSubmitted = 1u << 0,
}
