using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>Bind ops and sync entries in one line each; PAT index 2 unless said otherwise. Mirror ops come from <see cref="BindScene"/>,
/// because their flag bit depends on the profile.</summary>
internal static class Op
{
    public const ushort Pat = 2;

    public static DrmXeVmBindOp Map(uint bo, ulong addr, ulong range, ulong offset = 0, VmBindFlags flags = 0) =>
        new() { Op = VmBindOp.Map, Obj = bo, ObjOffset = offset, Addr = addr, Range = range, Flags = flags, PatIndex = Pat };

    public static DrmXeVmBindOp Null(ulong addr, ulong range, VmBindFlags flags = 0) => Map(0, addr, range, 0, flags | VmBindFlags.Null);

    public static DrmXeVmBindOp Userptr(ulong cpu, ulong addr, ulong range, VmBindFlags flags = 0) =>
        Map(0, addr, range, cpu, flags) with { Op = VmBindOp.MapUserptr };

    public static DrmXeVmBindOp Unmap(ulong addr, ulong range) => Map(0, addr, range) with { Op = VmBindOp.Unmap };

    public static DrmXeVmBindOp UnmapAll(uint bo) => Map(bo, 0, 0) with { Op = VmBindOp.UnmapAll };

    public static DrmXeVmBindOp Prefetch(ulong addr, ulong range, uint region) =>
        Map(0, addr, range) with { Op = VmBindOp.Prefetch, PrefetchMemRegionInstance = region };

    public static DrmXeSync In(uint handle) => new() { Handle = handle };

    public static DrmXeSync Out(uint handle) => new() { Handle = handle, Flags = SyncFlags.Signal };

    public static DrmXeSync InPoint(uint handle, ulong point) => new() { Type = SyncType.TimelineSyncobj, Handle = handle, TimelineValue = point };

    public static DrmXeSync OutPoint(uint handle, ulong point) => InPoint(handle, point) with { Flags = SyncFlags.Signal };

    public static DrmXeSync UserFence(ulong address, ulong value) =>
        new() { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = address, TimelineValue = value };
}
