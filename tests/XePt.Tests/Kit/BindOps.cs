using XePt.Uapi;

namespace XePt.Tests.Kit;

/// <summary>Bind ops, made for <c>using static</c>.</summary>
internal static class BindOps
{
    public static DrmXeVmBindOp Map(XeBo bo, ulong va, int pat = 0, VmBindFlags flags = 0, ulong offset = 0, ulong size = 0) =>
        Map(bo.Handle, va, size == 0 ? bo.Size - offset : size, pat, flags, offset);

    public static DrmXeVmBindOp Map(uint bo, ulong va, ulong size, int pat = 0, VmBindFlags flags = 0, ulong offset = 0) =>
        new() { Op = VmBindOp.Map, Obj = bo, ObjOffset = offset, Addr = va, Range = size, PatIndex = (ushort)pat, Flags = flags };

    public static DrmXeVmBindOp MapNull(ulong va, ulong size, int pat = 0, VmBindFlags flags = 0) =>
        Map(0, va, size, pat, flags | VmBindFlags.Null);

    public static DrmXeVmBindOp MapMirror(ulong va, ulong size, int pat = 0) => Map(0, va, size, pat, VmBindFlags.CpuAddrMirror);

    public static DrmXeVmBindOp MapUserptr(ulong cpuAddress, ulong va, ulong size, int pat = 0, VmBindFlags flags = 0) =>
        new() { Op = VmBindOp.MapUserptr, Userptr = cpuAddress, Addr = va, Range = size, PatIndex = (ushort)pat, Flags = flags };

    public static DrmXeVmBindOp Unmap(ulong va, ulong size) => new() { Op = VmBindOp.Unmap, Addr = va, Range = size };

    public static DrmXeVmBindOp UnmapAll(XeBo bo) => UnmapAll(bo.Handle);

    public static DrmXeVmBindOp UnmapAll(uint bo) => new() { Op = VmBindOp.UnmapAll, Obj = bo };

    public static DrmXeVmBindOp Prefetch(ulong va, ulong size, uint region = 0) =>
        new() { Op = VmBindOp.Prefetch, Addr = va, Range = size, PrefetchMemRegionInstance = region };
}
