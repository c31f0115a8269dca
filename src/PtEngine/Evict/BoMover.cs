using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Evict;

/// <summary>
/// Moves BOs and tells the VMs that map them (EVT-001 to EVT-004, BIND-263 to BIND-266). Every move is made inside all VMs.
/// </summary>
/// <remarks>
/// <para>Nothing waits here. In a fault-mode VM the mappings are taken away, TLBs flushed, before the move returns; that needs the BO's
/// fences to have signalled, else the move is refused. In the other modes the entries stay: the fences that say who still uses the BO
/// become KERNEL fences of the BO, so that whatever is bound or run next waits for them, and KERNEL fences of the region it left, so that
/// the next user of that memory does. They stand for the fence of the reference's copy job, which waits for the same ones.</para>
/// <para>Concurrency: the regions' fences are reservations of their own and take their own gates.</para>
/// </remarks>
internal sealed class BoMover
{
    private readonly DeviceMemory _memory;
    private readonly BoReservations _boFences;
    private readonly AllVms _vms;
    private readonly Reservation[] _leaving;
    private readonly VictimOrder[] _victims;

    private readonly DeviceWatch _watch;

    public BoMover(DeviceMemory memory, BoReservations boFences, AllVms vms, DeviceWatch watch)
    {
        (_memory, _boFences, _vms, _watch) = (memory, boFences, vms, watch);
        _leaving = [.. memory.Regions.Select(_ => new Reservation())];
        _victims = [.. memory.Regions.Select(_ => new VictimOrder())];
        memory.Placing = NotePlacing;
        memory.Releasing = Release;
    }

    public MoveTally Tally { get; } = new();

    /// <summary>Clears and copies what BOs hold; null where nobody keeps it.</summary>
    public BoContents? Contents { get; set; }

    /// <summary>The BOs of a region of device memory in the order in which they make room.</summary>
    public VictimOrder VictimsOf(int region) => _victims[region];

    /// <summary>A BO with memory of a region of the allocator's that is free to leave it. Protected ones are not.</summary>
    public static bool MayMakeRoom(IOccupant occupant, int region) => occupant is not BufferObject bo
        || (region > 0 && bo.Place is { Blocks.Count: > 0 } place && place.Region == region && !bo.IsPinned && !bo.IsProtected);

    /// <summary>Pins a BO where it is or lets it go, from inside all VMs.</summary>
    public void Pin(BufferObject bo, bool isPinned)
    {
        bo.IsPinned = isPinned;
        _victims[bo.Region].Remove(bo);
        List(bo);
    }

    /// <summary>Gives a BO without memory some of a region. Nobody has to be told: it has no content (EVT-001).</summary>
    /// <returns>As <see cref="DeviceMemory.Place"/>.</returns>
    public Errno Place(BufferObject bo, int region, bool claims = false)
    {
        Errno error = _memory.Place(bo, region, claims);
        // To the driver memory that the CPU has made is no move.
        if (error == Errno.Ok && region != 0 && _watch.IsTraced)
            BoEvents.Move(_watch, bo, region, left: null);
        return error;
    }

    /// <summary>Moves a BO that has memory into a region of the allocator's.</summary>
    /// <returns>Ok; -EBUSY (EVT-003) or as <see cref="DeviceMemory.Place"/>, and then the BO stays where it is and nobody was
    /// told.</returns>
    public Errno Move(BufferObject bo, int region, bool claims = false)
    {
        if (IsBusy(bo))
            return Errno.EBUSY;
        Errno error = _memory.Move(bo, region, claims, out BoPlace? left);
        if (error != Errno.Ok)
            return error;

        _victims[left!.Region].Remove(bo);
        List(bo);
        CompleteMove(bo, left);
        return Errno.Ok;
    }

    /// <summary>Moves a BO to memory of the embedder's, or gives it its first.</summary>
    /// <returns>Ok; -EBUSY (EVT-003) or -ENOMEM, and then the BO stays where it is and nobody was told.</returns>
    public Errno Supply(BufferObject bo, int region, ReadOnlySpan<Segment> segments)
    {
        if (bo.Place is not null && IsBusy(bo))
            return Errno.EBUSY;

        Errno error = _memory.Supply(bo, region, segments, out BoPlace? left);
        if (error != Errno.Ok)
            return error;
        bo.IsEvicted = false;
        if (left is not null)
        {
            _victims[left.Region].Remove(bo);
            CompleteMove(bo, left);
        }

        return Errno.Ok;
    }

    /// <summary>A fault-mode VM maps the BO and somebody still uses it. Preempt fences are asked to signal, so that trying again later
    /// helps.</summary>
    private bool IsBusy(BufferObject bo)
    {
        if (ReservationOf(bo) is not { } reservation || reservation.IsIdle(FenceUsage.Bookkeep) || !IsMappedForFaults(bo))
            return false;

        using ScratchFences scratch = ScratchFences.Take();
        FenceSet users = scratch.Set;
        reservation.Collect(FenceUsage.Bookkeep, users);
        foreach (Fence fence in users.Fences)
            fence.Demand();
        Tally.CountBusy();
        return true;
    }

    private bool IsMappedForFaults(BufferObject bo)
    {
        foreach (VmContext vm in _vms.Vms)
        {
            if (vm.Facts.IsFaultMode && Maps(vm, bo))
                return true;
        }

        return false;
    }

    private void CompleteMove(BufferObject bo, BoPlace? left)
    {
        if (_watch.IsTraced)
            BoEvents.Move(_watch, bo, bo.Region, left);
        using ScratchFences scratch = ScratchFences.Take();
        FenceSet users = scratch.Set;
        foreach (VmContext vm in _vms.Vms)
        {
            if (!Maps(vm, bo))
                continue;
            Notify(vm, bo);
            if (!vm.Facts.IsFaultMode && vm.Preemption is null)
                AddJobs(vm, users);
        }

        // Demanding a fence may signal it; the reservations leave out those that have.
        ReservationOf(bo)?.Collect(FenceUsage.Bookkeep, users);
        foreach (Fence fence in users.Fences)
            fence.Demand();
        AddTo(_leaving[left!.Region], users);
        if (bo.Place!.Blocks.Count > 0)
            _leaving[bo.Region].Collect(FenceUsage.Kernel, users);
        AddTo(bo, users);
        if (Contents is { AreBlank: false } contents && contents.Copy(bo, left, bo.Place, users) is { IsSignalled: false } copied)
        {
            (ReservationOf(bo) ?? _boFences.Of(bo.Slot)).Add(copied, FenceUsage.Kernel);
            _leaving[left.Region].Add(copied, FenceUsage.Kernel);
        }

        _memory.Free(left);
        Tally.CountMove();
    }

    /// <summary>A job that was submitted before the BO was mapped has left no fence with it, and reaches it all the same.</summary>
    private static void AddJobs(VmContext vm, FenceSet users)
    {
        using ScratchFences scratch = ScratchFences.Take();
        vm.Jobs.Reservation.Collect(FenceUsage.Bookkeep, scratch.Set);
        foreach (Fence fence in scratch.Set.Fences)
        {
            if (fence.Timeline!.Queue != 0)
                users.Add(fence);
        }
    }

    private static void Notify(VmContext vm, BufferObject bo)
    {
        if (!vm.Facts.IsFaultMode)
        {
            vm.Evicted.Add(bo, vm.Space);
            return;
        }

        for (int vma = vm.Space.BoVmas.First(bo.Slot); vma != 0; vma = vm.Space.BoVmas.Next(vma))
        {
            if (vm.Watch.IsTraced)
                EngineEvents.VmaEvict(vm.Watch, VmaEvents.Of(vm, vma));
            VmaInvalidate.Run(vm, vma);
        }
    }

    /// <summary>A BO gets its first memory, which others may still use. Two VMs may want to place it at the same time: its fences are there
    /// before the one that comes second can see that it has memory.</summary>
    private void NotePlacing(BufferObject bo, BoPlace place)
    {
        int region = place.Region;
        if (region > 0 && !bo.IsPinned && !bo.IsProtected)
            _victims[region].Add(bo);
        using ScratchFences scratch = ScratchFences.Take();
        FenceSet fences = scratch.Set;
        _leaving[region].Collect(FenceUsage.Kernel, fences);
        AddTo(bo, fences);
        if (Contents is { AreBlank: false } contents && contents.Clear(bo, place, fences) is { IsSignalled: false } cleared)
            (ReservationOf(bo) ?? _boFences.Of(bo.Slot)).Add(cleared, FenceUsage.Kernel);
    }

    /// <summary>The last reference is gone. Its mappings are, but jobs may still run on what they saw: the next user of the memory waits
    /// for them. Not for preempt fences, which only hold mapped memory. The next BO of this number begins without any of these
    /// fences.</summary>
    private void Release(BufferObject bo)
    {
        if (bo.Place is { } left)
            _victims[left.Region].Remove(bo);
        BoContents.End(bo);
        if (ReservationOf(bo) is not { IsEmpty: false } reservation)
            return;

        if (bo.Place is { Blocks.Count: > 0 } place)
        {
            using ScratchFences scratch = ScratchFences.Take();
            FenceSet users = scratch.Set;
            reservation.Collect(FenceUsage.Bookkeep, users);
            foreach (Fence fence in users.Fences)
            {
                if (!fence.IsOnDemand)
                    _leaving[place.Region].Add(fence, FenceUsage.Kernel);
            }
        }

        if (bo.PrivateTo is null)
            reservation.Clear();
    }

    private void List(BufferObject bo)
    {
        if (MayMakeRoom(bo, bo.Region))
            _victims[bo.Region].Add(bo);
    }

    private Reservation? ReservationOf(BufferObject bo) => bo.PrivateTo is VmContext vm ? vm.Jobs.Reservation : _boFences.Find(bo.Slot);

    private void AddTo(BufferObject bo, FenceSet fences)
    {
        if (fences.Count > 0)
            AddTo(ReservationOf(bo) ?? _boFences.Of(bo.Slot), fences);
    }

    private static void AddTo(Reservation reservation, FenceSet fences)
    {
        foreach (Fence fence in fences.Fences)
            reservation.Add(fence, FenceUsage.Kernel);
    }

    private static bool Maps(VmContext vm, BufferObject bo) => vm.Space.BoVmas.First(bo.Slot) != 0;
}
