using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Engine classes.</summary>
[FlagTable("DRM_XE_ENGINE_CLASS_")]
public enum EngineClass : ushort
{
    /// <summary>Render.</summary>
    [CName("DRM_XE_ENGINE_CLASS_RENDER")]
    Render = 0,

    /// <summary>Copy.</summary>
    [CName("DRM_XE_ENGINE_CLASS_COPY")]
    Copy = 1,

    /// <summary>Video decode.</summary>
    [CName("DRM_XE_ENGINE_CLASS_VIDEO_DECODE")]
    VideoDecode = 2,

    /// <summary>Video enhance.</summary>
    [CName("DRM_XE_ENGINE_CLASS_VIDEO_ENHANCE")]
    VideoEnhance = 3,

    /// <summary>Compute.</summary>
    [CName("DRM_XE_ENGINE_CLASS_COMPUTE")]
    Compute = 4,

    /// <summary>Software class: an ordered queue of binds.</summary>
    [CName("DRM_XE_ENGINE_CLASS_VM_BIND")]
    VmBind = 5,
}
