using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of SYNCOBJ_CREATE.</summary>
[Flags]
[FlagTable("DRM_SYNCOBJ_CREATE_")]
public enum SyncobjCreateFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The object holds a signalled fence from the start.</summary>
    [CName("DRM_SYNCOBJ_CREATE_SIGNALED")]
    Signaled = 1u << 0,
}
