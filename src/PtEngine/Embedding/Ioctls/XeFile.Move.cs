using XePt.Evict;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Moving BOs: what eviction, swapping and the embedder do to them behind the client's back (specification 02 section 17, 04 section 14).
public sealed partial class XeFile
{
    /// <summary>
    /// Puts physical memory of the embedder's choice behind a BO: its first, or a move to it. The VMs that map it are told (BIND-263 to
    /// BIND-266): in fault mode its mappings are gone when the call returns; in the other modes they still show the old place until the
    /// next EXEC, the rebind worker or <see cref="XeVm.RebindEvicted"/> rebinds them.
    /// </summary>
    /// <returns>Ok; -EINVAL for an unknown handle; -EBUSY when the BO is in use while a fault-mode VM maps it (EVT-003); -ENOMEM when the
    /// host has no memory.</returns>
    public Errno MoveBo(uint handle, int region, ReadOnlySpan<PhysicalRun> runs)
    {
        ThrowIfClosed();
        using BoReference found = Hold(handle);
        if (found.Bo is not { } bo)
            return Finish(Refusals.VmBindUnknownBo(handle));

        Segment[] segments = _ownBos.SegmentsOf(bo, region, runs);
        if (segments.Length == 0)
            throw new ArgumentException("a BO needs memory", nameof(runs));
        return InAllVms(() => bo.IsImported
            ? Refusals.BoIsImported(handle) : Explain(Device.Residency.Mover.Supply(bo, region, segments), bo, handle));
    }

    /// <summary>Moves a BO into another of its regions, to memory of the allocator's choice, driving out others if need be; see
    /// <see cref="MoveBo(uint, int, ReadOnlySpan{PhysicalRun})"/>.</summary>
    /// <returns>Ok, also when it is there already; -EINVAL for an unknown handle or a region the BO may not live in; -EBUSY when it is
    /// pinned or in use while a fault-mode VM maps it (EVT-003); -E2BIG when it is larger than the region; -ENOMEM when that has no
    /// room.</returns>
    public Errno MoveBo(uint handle, int region)
    {
        ThrowIfClosed();
        using BoReference found = Hold(handle);
        if (found.Bo is not { } bo)
            return Finish(Refusals.VmBindUnknownBo(handle));
        if ((uint)region >= Device.Memory.Regions.Length || !bo.MayBeIn(region))
            return Finish(Refusals.BoIsMisplaced((ulong)region));

        return InAllVms(() => bo.IsPinned && bo.Region != region
            ? Refusals.BoIsPinned(handle)
            : Explain(Device.Residency.MoveInto(vm: null, bo, region, mayEvictOwn: true), bo, handle));
    }

    /// <summary>Drives a BO out of device memory, as memory pressure would (EVT-009). It comes back when it is validated again and there is
    /// room. One that is not in device memory stays where it is.</summary>
    /// <returns>Ok; -EINVAL for an unknown handle; -EBUSY when it is pinned or in use while a fault-mode VM maps it (EVT-003); -ENOMEM when
    /// system memory is full.</returns>
    public Errno EvictBo(uint handle)
    {
        ThrowIfClosed();
        using BoReference found = Hold(handle);
        if (found.Bo is not { } bo)
            return Finish(Refusals.VmBindUnknownBo(handle));

        return InAllVms(() => Explain(Device.Residency.Evict(bo), bo, handle));
    }

    /// <summary>Pins a BO where it is, as a display controller would, or lets it go: a pinned one neither migrates nor makes room for
    /// others (EVT-001).</summary>
    /// <returns>Ok; -EINVAL for an unknown handle or one without memory yet.</returns>
    public Errno PinBo(uint handle, bool isPinned)
    {
        ThrowIfClosed();
        using BoReference found = Hold(handle);
        if (found.Bo is not { Place: not null } bo)
            return Finish(Refusals.VmBindUnknownBo(handle));

        return InAllVms(() =>
        {
            Device.Residency.Mover.Pin(bo, isPinned);
            return default;
        });
    }

    private Errno InAllVms(Func<Rejection> operation) => Finish(VmEntry.RunInAll(Device.Residency.Vms, Device.Watch, operation));

    /// <summary>The BO with a handle for the time of a call. It is given back after the VMs are left.</summary>
    private BoReference Hold(uint handle) => new(Device.Memory.Bos, _bos.Find(handle));

    private Rejection Explain(Errno error, BufferObject bo, uint handle) => error switch
    {
        Errno.Ok => default,
        Errno.EBUSY => bo.IsPinned ? Refusals.BoIsPinned(handle) : Refusals.BoIsBusy(handle),
        Errno.E2BIG => Refusals.GemCreateTooLarge(bo.Size, Device.Memory.RoomFor(bo)),
        _ => Refusals.BoHasNoRoom(bo.Size),
    };
}
