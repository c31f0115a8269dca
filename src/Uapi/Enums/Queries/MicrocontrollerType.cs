using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Microcontrollers whose firmware version can be asked for.</summary>
[FlagTable("XE_QUERY_UC_TYPE_")]
public enum MicrocontrollerType : ushort
{
    /// <summary>The submission interface of the GuC.</summary>
    [CName("XE_QUERY_UC_TYPE_GUC_SUBMISSION")]
    GucSubmission = 0,

    /// <summary>The HuC.</summary>
    [CName("XE_QUERY_UC_TYPE_HUC")]
    Huc = 1,
}
