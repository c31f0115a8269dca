using XePt.Uapi.Spec;

namespace XePt.Uapi;

/// <summary>Flags of PRIME_HANDLE_TO_FD.</summary>
[Flags]
[FlagTable("DRM_")]
public enum PrimeFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>The descriptor can be mapped for writing.</summary>
    [CName("DRM_RDWR")]
    ReadWrite = 0x2,

    /// <summary>The descriptor is closed when the process runs another program.</summary>
    [CName("DRM_CLOEXEC")]
    CloseOnExec = 0x80000,
}
