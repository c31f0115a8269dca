using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Evict;

/// <summary>
/// Decides where BOs are (BIND-039, EVT-009): device memory in bit order while there is room; when there is none, a BO that may be in
/// system memory and is there stays there, and any other one drives out those used longest ago. What was driven out tries to come back
/// whenever it is validated. Where other engines have taken of the same memory (<see cref="IVramAccount"/>), they are asked to make room
/// when driving out the device's own is not enough.
/// </summary>
/// <remarks>Concurrency: a first placement needs nobody's consent. Everything else happens inside all VMs; see
/// <see cref="AllVms"/>.</remarks>
internal sealed unsafe class BoResidency : Residency
{
    private readonly DeviceMemory _memory;
    private readonly FailureInjector _failures;

    public BoResidency(DeviceMemory memory, BoReservations boFences, FailureInjector failures, DeviceWatch watch)
    {
        (_memory, _failures) = (memory, failures);
        Mover = new BoMover(memory, boFences, Vms, watch);
    }

    /// <summary>The VMs of the device.</summary>
    public AllVms Vms { get; } = new();

    public BoMover Mover { get; }

    public override Outcome MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va)
    {
        Errno error = bo.Place is null ? TakeFree(bo) : Errno.ENOSPC;
        if (error != Errno.ENOSPC)
            return Placed(vm, bo, error, va);

        // A failed allocation is tried again with exclusive access before anybody is driven out (BIND-194).
        using AllVms.Stay stay = Vms.TryEnter(vm);
        return stay.IsInside ? Placed(vm, bo, FindRoom(vm, bo, mayEvictOwn), va) : Outcome.Restart;
    }

    public override Outcome Migrate(VmContext vm, BufferObject bo, int region, bool mayEvictOwn, ulong va)
    {
        using AllVms.Stay stay = Vms.TryEnter(vm);
        return stay.IsInside ? Placed(vm, bo, MoveInto(vm, bo, region, mayEvictOwn), va) : Outcome.Restart;
    }

    /// <summary>Memory for a BO that has just been made, from inside no VM.</summary>
    /// <returns>Ok; -E2BIG (BIND-034a); or -ENOMEM.</returns>
    public Errno PlaceNew(BufferObject bo)
    {
        Errno error = TakeFree(bo);
        if (error != Errno.ENOSPC)
            return error;
        using AllVms.Stay stay = Vms.Enter();
        return NoRoomIsNoMemory(FindRoom(vm: null, bo, mayEvictOwn: true));
    }

    /// <summary>Moves a BO into a region, from inside all VMs, driving out others if need be.</summary>
    public Errno MoveInto(VmContext? vm, BufferObject bo, int region, bool mayEvictOwn)
    {
        Errno error = Take(bo, region);
        return NoRoomIsNoMemory(error == Errno.ENOSPC && region != 0 ? TakeFromOthers(vm, bo, region, mayEvictOwn) : error);
    }

    /// <summary>Drives a BO out of device memory, from inside all VMs (EVT-009). One that is not there stays where it is.</summary>
    /// <returns>Ok; -EBUSY when it is pinned or in use by a fault-mode VM; -ENOMEM when system memory is full.</returns>
    public Errno Evict(BufferObject bo)
    {
        if (bo.Place is not { Region: > 0 })
            return Errno.Ok;
        if (bo.IsPinned)
            return Errno.EBUSY;

        Errno error = Mover.Move(bo, region: 0);
        if (error != Errno.Ok)
            return NoRoomIsNoMemory(error);
        bo.IsEvicted = true;
        Mover.Tally.CountEviction(bo.Size);
        return Errno.Ok;
    }

    /// <summary>Drives everything that is not pinned out of device memory, as for a suspend (EVT-012); pinned BOs come back where they
    /// were, so nobody sees them go. From inside no VM.</summary>
    /// <returns>Ok, or the first error; the others are moved all the same.</returns>
    public Errno EvictAll()
    {
        using AllVms.Stay stay = Vms.Enter();
        var bos = new List<BufferObject>();
        _memory.Bos.Collect(bo => bo.Place is { Region: > 0 } && !bo.IsPinned, bos);
        Errno result = Errno.Ok;
        foreach (BufferObject bo in bos)
        {
            Errno error = Evict(bo);
            result = result == Errno.Ok ? error : result;
        }

        _memory.Bos.DropReferences(bos);
        Errno left = EvictBlocks();
        return result == Errno.Ok ? left : result;
    }

    /// <summary>Drives out what others of the same memory have asked for (<see cref="IVramAccount"/>), those used longest ago first. From
    /// inside no VM.</summary>
    /// <returns>How many have left. One that is in use by a fault-mode VM may stay for now: what is asked for then still is.</returns>
    public int MakeRoom()
    {
        int left = 0;
        for (int region = 1; region < _memory.Regions.Length && _memory.IsShared; region++)
        {
            if (_memory.Look(_memory.Regions[region]).Asked > 0)
                left += MakeRoom(region);
        }

        return left;
    }

    private int MakeRoom(int region)
    {
        using AllVms.Stay stay = Vms.Enter();
        var search = new VictimSearch(_memory.Bos, Mover.VictimsOf(region), vm: null, wanted: null, mayEvictOwn: true);
        int left = 0;
        while (_memory.Look(_memory.Regions[region]).Asked > 0 && search.Next() is { } victim)
        {
            if (Evict(victim) != Errno.Ok)
                continue;
            search.Left();
            left++;
        }

        search.End(region);
        return left;
    }

    /// <summary>Drives the pages of processes out of device memory, from inside all VMs.</summary>
    /// <returns>Ok, or the first error; the others are moved all the same.</returns>
    private Errno EvictBlocks()
    {
        Errno result = Errno.Ok;
        for (int region = 1; region < _memory.Regions.Length; region++)
        {
            foreach (IOccupant occupant in Mover.VictimsOf(region).Collect())
            {
                if (occupant is not IMovable block)
                {
                    _memory.Bos.DropReference(((BufferObject)occupant).Slot);
                    continue;
                }

                Errno error = Evict(occupant);
                result = result == Errno.Ok ? error : result;
                block.DropReference();
            }
        }

        return result;
    }

    public override void NoteExec(VmContext vm)
    {
        if (_memory.Regions.Length > 1)
            vm.LastExec = _memory.Tick();
    }

    public override Outcome Revalidate(VmContext vm) =>
        vm.IsUpToDate || vm.IsClosed || vm.IsBanned ? Outcome.Done : EvictedRebind.Run(vm, Mover.Tally);

    public override Outcome TakeBlock(VmContext vm, IMovable block, int region, ref BlockList memory)
    {
        Errno error = _memory.TakeBlock(region, block.Size, claims: false, ref memory);
        if (error == Errno.ENOSPC)
        {
            using AllVms.Stay stay = Vms.TryEnter(vm);
            // Who starts again enters all VMs of his own device: with another one's memory that would not help.
            if (!stay.IsInside)
                return ReferenceEquals(vm.Memory, _memory) ? Outcome.Restart : Outcome.Refused;
            error = TakeFromOthers(vm, block, region, ref memory);
        }

        if (error != Errno.Ok)
            return Outcome.Refused;
        Mover.VictimsOf(region).Add(block);
        return Outcome.Done;
    }

    public override void ReturnBlock(IMovable block, int region, ref BlockList memory)
    {
        Mover.VictimsOf(region).Remove(block);
        _memory.ReturnBlock(region, block.Size, ref memory);
    }

    private Errno TakeFromOthers(VmContext vm, IMovable block, int region, ref BlockList memory)
    {
        if (_failures.IsArmed && _failures.Fires(FailurePoint.BlockEviction))
            return Errno.ENOSPC;
        var search = new VictimSearch(_memory.Bos, Mover.VictimsOf(region), vm, block, mayEvictOwn: true);
        BlockList taken = memory;
        Errno error = DriveOut(search, region, block.Size, claims => _memory.TakeBlock(region, block.Size, claims, ref taken));
        memory = taken;
        search.End(region);
        return error;
    }

    /// <summary>Drives out one after the other until there is room. Other engines are asked to make some where that is not
    /// enough.</summary>
    private Errno DriveOut(in VictimSearch search, int region, ulong size, Func<bool, Errno> take)
    {
        bool claims = MustClaim(region, search.Bytes, size);
        // The look has found others gone, perhaps.
        Errno error = _memory.IsShared ? take(claims) : Errno.ENOSPC;
        while (error == Errno.ENOSPC && search.Next() is { } victim)
        {
            if (Evict(victim) != Errno.Ok)
                continue;
            search.Left();
            error = take(claims);
        }

        // Those that are in use have stayed.
        return error == Errno.ENOSPC && !claims && _memory.IsShared ? take(true) : error;
    }

    /// <summary>Other engines have so much of a region that driving out the device's own is not enough: they are asked to make room, and
    /// own ones leave only as far as that is not enough either.</summary>
    private bool MustClaim(int region, ulong victims, ulong size)
    {
        if (!_memory.IsShared)
            return false;
        ulong capacity = _memory.Regions[region].Allocator.Size;
        VramUse use = _memory.Look(_memory.Regions[region]);
        ulong free = capacity - Math.Min(use.Own + use.Others, capacity);
        return free + Math.Min(victims, use.Own) < size;
    }

    private Errno Evict(IOccupant victim)
    {
        if (victim is BufferObject bo)
            return Evict(bo);
        Errno error = ((IMovable)victim).MoveOut();
        if (error == Errno.Ok)
            Mover.Tally.CountEviction(victim.Size);
        return error;
    }

    private static Outcome Placed(VmContext vm, BufferObject bo, Errno error, ulong va) => error switch
    {
        Errno.Ok => Outcome.Done,
        Errno.EBUSY => vm.Call.Refuse(&Refusals.VmBindBoIsBusy, va),
        Errno.E2BIG => vm.Call.Refuse(&Refusals.VmBindObjectIsTooLarge, va, vm.Memory.RoomFor(bo)),
        _ => vm.Call.Refuse(&Refusals.VmBindNoResidency, va),
    };

    /// <summary>Gives a BO without memory some that is free, from anywhere; another thread may do the same.</summary>
    /// <returns>Ok; -E2BIG (BIND-034a); -ENOSPC when there is no room; or -ENOMEM when the host has no memory.</returns>
    private Errno TakeFree(BufferObject bo) =>
        TakeAny(bo, (target, region) => IsTooLarge(target, region) ? Errno.E2BIG : Mover.Place(target, region));

    /// <summary>A BO that would not fit into a region even if nothing else were there. Nobody has to leave for it, and no other placement
    /// is tried.</summary>
    private bool IsTooLarge(BufferObject bo, int region) => bo.Size > _memory.Regions[region].RoomFor(bo);

    /// <summary>Clients hear of both kinds as -ENOMEM.</summary>
    private static Errno NoRoomIsNoMemory(Errno error) => error == Errno.ENOSPC ? Errno.ENOMEM : error;

    private Errno FindRoom(VmContext? vm, BufferObject bo, bool mayEvictOwn)
    {
        Errno error = TakeAny(bo, (target, region) => Take(target, region));
        // Where it may be and there is no room elsewhere, it stays.
        if (error == Errno.Ok || (bo.Place is { } place && bo.MayBeIn(place.Region)))
            return Errno.Ok;
        if (error is Errno.E2BIG or Errno.ENOMEM)
            return error;

        Errno taken = TakeAny(bo, (target, region) => TakeFromOthers(vm, target, region, mayEvictOwn));
        if (taken is not (Errno.Ok or Errno.ENOMEM) && bo.MayBeIn(0))
            taken = Take(bo, region: 0);
        return taken == Errno.Ok ? Errno.Ok : error == Errno.EBUSY ? error : taken;
    }

    /// <summary>Tries the regions of device memory that the BO may be in, in bit order; system memory when there is none. Only want of room
    /// lets it try the next one (BIND-034a).</summary>
    private Errno TakeAny(BufferObject bo, Func<BufferObject, int, Errno> take)
    {
        Errno error = bo.Placements == 1 ? take(bo, 0) : Errno.ENOSPC;
        for (int region = 1; region < _memory.Regions.Length && error is Errno.ENOSPC or Errno.EBUSY; region++)
        {
            if (bo.MayBeIn(region))
                error = take(bo, region);
        }

        return error;
    }

    private Errno Take(BufferObject bo, int region, bool claims = false)
    {
        Errno error = Errno.Ok;
        if (bo.Region != region && IsTooLarge(bo, region))
            return Errno.E2BIG;
        if (bo.Place is null)
            error = Mover.Place(bo, region, claims);
        else if (bo.Region != region)
            error = Mover.Move(bo, region, claims);
        if (error == Errno.Ok)
            bo.IsEvicted = false;
        return error;
    }

    private Errno TakeFromOthers(VmContext? vm, BufferObject bo, int region, bool mayEvictOwn)
    {
        if (region == 0)
            return Errno.ENOSPC;

        var search = new VictimSearch(_memory.Bos, Mover.VictimsOf(region), vm, bo, mayEvictOwn);
        Errno error = Errno.ENOSPC;
        // Nobody is driven out for a BO that would not fit even then.
        if (_memory.Regions[region].Allocator.FreeBytes + search.Bytes >= bo.Size)
            error = DriveOut(search, region, bo.Size, claims => Take(bo, region, claims));

        search.End(region);
        return error;
    }
}
