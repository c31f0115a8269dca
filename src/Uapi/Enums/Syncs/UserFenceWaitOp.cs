using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Comparisons of WAIT_USER_FENCE: memory word, operator, value.</summary>
[FlagTable("DRM_XE_UFENCE_WAIT_OP_")]
public enum UserFenceWaitOp : ushort
{
    /// <summary>Equal.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_EQ")]
    Equal = 0,

    /// <summary>Not equal.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_NEQ")]
    NotEqual = 1,

    /// <summary>Greater.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_GT")]
    Greater = 2,

    /// <summary>Greater or equal.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_GTE")]
    GreaterOrEqual = 3,

    /// <summary>Less.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_LT")]
    Less = 4,

    /// <summary>Less or equal.</summary>
    [CName("DRM_XE_UFENCE_WAIT_OP_LTE")]
    LessOrEqual = 5,
}
