using System.Runtime.InteropServices;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Formats;

namespace XePt.Tests.Checks;

/// <summary>The facts behind a <see cref="BindCheckContext"/>; by default the common setting of specification 02 section 22.</summary>
internal sealed record BindSetting
{
    /// <summary>Number of PAT entries: index 9 compresses, 16 to 19 are reserved, 0 and 3 are not coherent, others are.</summary>
    public const int PatCount = 28;

    /// <summary>End of the VM.</summary>
    public const ulong End = 1ul << 48;

    public PatEntry[] Pat { get; init; } = CreatePat();

    public uint MemoryRegionMask { get; init; } = 3;

    public ulong VmSize { get; init; } = End;

    public VmMode Mode { get; init; } = VmMode.Fault;

    public XeProfile Profile { get; init; } = XeProfile.Final;

    public bool SvmPresent { get; init; } = true;

    public bool UserptrPresent { get; init; } = true;

    public bool DebugBuild { get; init; }

    public BindCheckContext Context => new()
    {
        Pat = ImmutableCollectionsMarshal.AsImmutableArray(Pat),
        MemoryRegionMask = MemoryRegionMask,
        VmSize = VmSize,
        Mode = Mode,
        Profile = Profile,
        SvmPresent = SvmPresent,
        UserptrPresent = UserptrPresent,
        DebugBuild = DebugBuild,
    };

    /// <summary>A MAP of 1 MiB of a BO that every setting accepts.</summary>
    public static DrmXeVmBindOp Map => new() { Op = VmBindOp.Map, Obj = 1, PatIndex = 2, Addr = 0x1_0000_0000, Range = 0x10_0000 };

    /// <summary>A CPU address mirror over the same range, in the bit positions of <see cref="XeProfile.Final"/>.</summary>
    public static DrmXeVmBindOp Mirror => Map with { Obj = 0, Flags = VmBindFlags.CpuAddrMirror };

    /// <summary>The same in the bit positions of the seed.</summary>
    public static DrmXeVmBindOp SeedMirror => Map with { Obj = 0, Flags = (VmBindFlags)(1u << 4) };

    public static DrmXeVmBindOp Unmap => Map with { Op = VmBindOp.Unmap, Obj = 0 };

    public static DrmXeVmBindOp UnmapAll => Map with { Op = VmBindOp.UnmapAll, Addr = 0, Range = 0 };

    public static DrmXeVmBindOp MapUserptr => Map with { Op = VmBindOp.MapUserptr, Obj = 0, Userptr = 0x7f00_0000_0000 };

    public static DrmXeVmBindOp Prefetch => Map with { Op = VmBindOp.Prefetch, Obj = 0, PrefetchMemRegionInstance = 1 };

    public Rejection Check(in DrmXeVmBindOp op) => VmBindOpChecks.Validate(in op, Context);

    private static PatEntry[] CreatePat()
    {
        var pat = Enumerable.Repeat(new PatEntry(0, PatCoherency.AtLeastOneWay, Compressed: false), PatCount).ToArray();
        pat[0] = pat[3] = new PatEntry(0, PatCoherency.None, Compressed: false);
        pat[8] = new PatEntry(0, PatCoherency.AtLeastOneWay, Compressed: true);
        pat[9] = new PatEntry(0, PatCoherency.None, Compressed: true);
        pat.AsSpan(16, 4).Clear();
        return pat;
    }
}
