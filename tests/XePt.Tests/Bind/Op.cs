using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Bind;

/// <summary>Bind ops as <see cref="BindOps"/> makes them, with PAT index 2 unless said otherwise, and sync entries. Mirror ops come from
/// <see cref="BindScene"/>, because their flag bit depends on the profile.</summary>
internal static class Op
{
    public const ushort Pat = 2;

    public static DrmXeVmBindOp Map(uint bo, ulong addr, ulong range, ulong offset = 0, VmBindFlags flags = 0) =>
        BindOps.Map(bo, addr, range, Pat, flags, offset);

    public static DrmXeVmBindOp Null(ulong addr, ulong range, VmBindFlags flags = 0) => BindOps.MapNull(addr, range, Pat, flags);

    public static DrmXeVmBindOp Userptr(ulong cpu, ulong addr, ulong range, VmBindFlags flags = 0) =>
        BindOps.MapUserptr(cpu, addr, range, Pat, flags);

    public static DrmXeVmBindOp Unmap(ulong addr, ulong range) => BindOps.Unmap(addr, range) with { PatIndex = Pat };

    public static DrmXeVmBindOp UnmapAll(uint bo) => BindOps.UnmapAll(bo) with { PatIndex = Pat };

    public static DrmXeVmBindOp Prefetch(ulong addr, ulong range, uint region) =>
        BindOps.Prefetch(addr, range, region) with { PatIndex = Pat };

    public static DrmXeSync In(uint handle) => new() { Handle = handle };

    public static DrmXeSync Out(uint handle) => new() { Handle = handle, Flags = SyncFlags.Signal };

    public static DrmXeSync InPoint(uint handle, ulong point) =>
        new() { Type = SyncType.TimelineSyncobj, Handle = handle, TimelineValue = point };

    public static DrmXeSync OutPoint(uint handle, ulong point) => InPoint(handle, point) with { Flags = SyncFlags.Signal };

    public static DrmXeSync UserFence(ulong address, ulong value) =>
        new() { Type = SyncType.UserFence, Flags = SyncFlags.Signal, Addr = address, TimelineValue = value };
}
