using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Extension kinds of EXEC_QUEUE_CREATE.</summary>
[FlagTable("DRM_XE_EXEC_QUEUE_EXTENSION_")]
public enum ExecQueueExtension : uint
{
    /// <summary>Set one property.</summary>
    [CName("DRM_XE_EXEC_QUEUE_EXTENSION_SET_PROPERTY")]
    SetProperty = 0,
}
