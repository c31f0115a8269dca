using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>One bind op after validation: as the client gave it, with what that resolves to.</summary>
internal struct BindRequest
{
    /// <summary>The op as it was given. What the client does to its array from here on does not matter.</summary>
    public DrmXeVmBindOp Given;

    /// <summary>Flags at the bit positions of <see cref="XeProfile.Final"/>.</summary>
    public VmBindFlags Flags;

    /// <summary>BO slot, or 0.</summary>
    public int Bo;

    /// <summary>The request has a reference of its BO; the VMA that is made of it takes it over.</summary>
    public bool HoldsBo;

    /// <summary>BO offset or CPU address.</summary>
    public readonly ulong Offset => Given.ObjOffset;

    /// <summary>GPU VA of the first byte.</summary>
    public readonly ulong Start => Given.Addr;

    /// <summary>End of the interval, exclusive.</summary>
    public readonly ulong End => Given.Addr + Given.Range;

    /// <summary>Flags of the VMA that is made of it.</summary>
    public readonly VmaFlags CreateFlags
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Flags == 0 ? 0
            : ((Flags & VmBindFlags.ReadOnly) != 0 ? VmaFlags.ReadOnly : 0)
            | ((Flags & VmBindFlags.Null) != 0 ? VmaFlags.Null : 0)
            | ((Flags & VmBindFlags.Dumpable) != 0 ? VmaFlags.Dumpable : 0)
            | ((Flags & VmBindFlags.CpuAddrMirror) != 0 ? VmaFlags.Mirror : 0)
            | ((Flags & VmBindFlags.MadviseAutoreset) != 0 ? VmaFlags.Autoreset : 0);
    }

    /// <summary>The op arms error injection (BIND-220).</summary>
    public readonly bool ForceError => Has(VmBindFlags.ForceOpError);

    public readonly bool Has(VmBindFlags flag) => (Flags & flag) != 0;
}
