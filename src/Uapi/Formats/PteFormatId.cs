namespace XePt.Uapi.Formats;

/// <summary>
/// The page-table entry formats. Bit positions never differ between platforms, only which bits can occur does (PT-016 to PT-020);
/// platforms with the same set of bits share a format.
/// </summary>
public enum PteFormatId : byte
{
    /// <summary>Xe_LP and Xe_LP+: TGL, RKL, ADL, DG1.</summary>
    XeLp,

    /// <summary>Xe_HPG: DG2, ATS-M.</summary>
    XeHpg,

    /// <summary>Xe_HPC: PVC.</summary>
    XeHpc,

    /// <summary>Xe_LPG: MTL, ARL.</summary>
    XeLpg,

    /// <summary>Xe2, Xe3 and Xe3p: LNL, BMG, PTL, WCL, NVL-S, CRI.</summary>
    Xe2,
}
