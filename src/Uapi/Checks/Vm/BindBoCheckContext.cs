using XePt.Uapi.Formats;

namespace XePt.Uapi.Checks;

/// <summary>What the validation of a bind op against its BO knows about both (specification 02 section 6.3).</summary>
internal readonly struct BindBoCheckContext
{
    /// <summary>The PAT entry the op names; the argument checks have already accepted its index.</summary>
    public required PatEntry Pat { get; init; }

    /// <summary>Size of the BO in bytes.</summary>
    public required ulong Size { get; init; }

    /// <summary>The caching mode of the BO's CPU mappings; 0 for an imported BO.</summary>
    public required CpuCaching CpuCaching { get; init; }

    /// <summary>The stage of the uAPI the device behaves as.</summary>
    public XeProfile Profile { get; init; }

    /// <summary>Whether the BO carries the "64 KiB internal" mark (BIND-036).</summary>
    public bool Is64KInternal { get; init; }

    /// <summary>Whether the device needs 64 KiB VRAM pages.</summary>
    public bool VmNeeds64K { get; init; }

    /// <summary>Whether the BO was created with NO_COMPRESSION.</summary>
    public bool NoCompression { get; init; }

    /// <summary>Whether the BO is private to another VM (BIND-038).</summary>
    public bool IsForeignPrivate { get; init; }

    /// <summary>Whether the BO holds protected content.</summary>
    public bool IsProtected { get; init; }

    /// <summary>Whether the key of the protected content has been replaced since.</summary>
    public bool KeyStale { get; init; }
}
