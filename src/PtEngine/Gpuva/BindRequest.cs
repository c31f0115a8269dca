using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>One bind op after validation: flags in their canonical bits, handles resolved.</summary>
internal struct BindRequest
{
    public VmBindOp Op;

    /// <summary>Flags at the bit positions of <see cref="XeProfile.Final"/>.</summary>
    public VmBindFlags Flags;

    /// <summary>BO slot, or 0.</summary>
    public int Bo;

    /// <summary>The request has a reference of its BO; the VMA that is made of it takes it over.</summary>
    public bool HoldsBo;

    /// <summary>BO offset or CPU address.</summary>
    public ulong Offset;

    /// <summary>GPU VA of the first byte.</summary>
    public ulong Start;

    /// <summary>End of the interval, exclusive.</summary>
    public ulong End;

    /// <summary>Prefetch target region, or 0xffffffff for the advised one.</summary>
    public uint Region;

    public ushort Pat;

    /// <summary>Flags as the client gave them.</summary>
    public uint RawFlags;

    /// <summary>The op arms error injection (BIND-220).</summary>
    public readonly bool ForceError => Has(VmBindFlags.ForceOpError);

    public readonly bool Has(VmBindFlags flag) => (Flags & flag) != 0;
}
