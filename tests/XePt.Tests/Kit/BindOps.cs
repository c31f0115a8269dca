using XePt.Uapi;

namespace XePt.Tests.Kit;

/// <summary>Bind ops, made for <c>using static</c>.</summary>
internal static class BindOps
{
    public static DrmXeVmBindOp Map(XeBo bo, ulong va, int pat = 0, VmBindFlags flags = 0, ulong offset = 0, ulong size = 0) => new()
    {
        Op = VmBindOp.Map,
        Obj = bo.Handle,
        ObjOffset = offset,
        Addr = va,
        Range = size == 0 ? bo.Size - offset : size,
        PatIndex = (ushort)pat,
        Flags = flags,
    };

    public static DrmXeVmBindOp MapNull(ulong va, ulong size, int pat = 0, VmBindFlags flags = 0) =>
        new() { Op = VmBindOp.Map, Addr = va, Range = size, PatIndex = (ushort)pat, Flags = flags | VmBindFlags.Null };

    public static DrmXeVmBindOp MapMirror(ulong va, ulong size, int pat = 0) =>
        new() { Op = VmBindOp.Map, Addr = va, Range = size, PatIndex = (ushort)pat, Flags = VmBindFlags.CpuAddrMirror };

    public static DrmXeVmBindOp MapUserptr(ulong cpuAddress, ulong va, ulong size, int pat = 0, VmBindFlags flags = 0) => new()
    {
        Op = VmBindOp.MapUserptr,
        Userptr = cpuAddress,
        Addr = va,
        Range = size,
        PatIndex = (ushort)pat,
        Flags = flags,
    };

    public static DrmXeVmBindOp Unmap(ulong va, ulong size) => new() { Op = VmBindOp.Unmap, Addr = va, Range = size };

    public static DrmXeVmBindOp UnmapAll(XeBo bo) => new() { Op = VmBindOp.UnmapAll, Obj = bo.Handle };

    public static DrmXeVmBindOp Prefetch(ulong va, ulong size, uint region = 0) =>
        new() { Op = VmBindOp.Prefetch, Addr = va, Range = size, PrefetchMemRegionInstance = region };
}
