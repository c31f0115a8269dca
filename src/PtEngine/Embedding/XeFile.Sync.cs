using XePt.Diagnostics;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// Sync entries of VM_BIND (specification 02 sections 8, 12.3 and 15), as far as parsing and the end of the call go.
public sealed partial class XeFile
{
    /// <summary>Phase 10: entries in array order, the first error stops (BIND-050, BIND-111 to BIND-124).</summary>
    private Rejection ParseSyncs(VmContext vm, in DrmXeVmBind args, ReadOnlySpan<DrmXeSync> syncs)
    {
        vm.Syncs.Clear();
        if (args.NumSyncs == 0)
            return default;
        if (!vm.Syncs.TryReserve((int)Math.Min(args.NumSyncs, (uint)syncs.Length)))
            return Refusals.SyncsNoMemory(args.NumSyncs);

        int userFences = 0;
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            Rejection why = i < syncs.Length ? ParseSync(vm, syncs[i], args) : Refusals.SyncIsUnreadable(args.Syncs);
            if (why.IsRejected)
                return why with { SyncIndex = i };
            userFences += syncs[i].Type == SyncType.UserFence ? 1 : 0;
        }

        return userFences <= 1 ? default : Refusals.SyncHasTwoUserFences((ulong)userFences);
    }

    private Rejection ParseSync(VmContext vm, in DrmXeSync sync, in DrmXeVmBind args)
    {
        vm.Queue.UserFenceCounter++;
        if (Device.Faults.Fires(FaultPoint.SyncParse))
            return Refusals.SyncsNoMemory(args.NumSyncs);

        Rejection why = ParseSync(sync, vm.Facts.IsLongRunning, args.NumBinds > 0, vm.InFences, out SyncEntry entry);
        if (!why.IsRejected && entry.Handle == 0)
            why = OpenUserFence(vm, entry.Address, args.NumSyncs);
        if (!why.IsRejected)
            vm.Syncs.TryAdd(entry);
        return why;
    }

    /// <summary>What VM_BIND and EXEC have in common: everything but the checks of a user fence's memory (BIND-112 to BIND-123).</summary>
    private Rejection ParseSync(in DrmXeSync sync, bool isLongRunning, bool allowsUserFence, FenceSet inFences, out SyncEntry entry)
    {
        entry = new SyncEntry { Value = sync.TimelineValue, IsSignal = (sync.Flags & SyncFlags.Signal) != 0 };
        Rejection why = SyncChecks.Validate(sync, new SyncCheckContext { IsLongRunning = isLongRunning, UserFenceAllowed = allowsUserFence });
        if (why.IsRejected)
            return why;

        if (sync.Type != SyncType.UserFence)
            return ResolveSyncobj(sync, inFences, ref entry);
        entry.Address = sync.Addr;
        return default;
    }

    private Rejection OpenUserFence(VmContext vm, ulong address, uint numSyncs)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        if (!UserMemory.TryRead(address, word))
            return Refusals.SyncUserFenceIsUnreadable(address);
        if (vm.PendingUserFence == 0)
            vm.PendingUserFence = vm.UserFences.TryCreate();
        return vm.PendingUserFence == 0 ? Refusals.SyncsNoMemory(numSyncs) : default;
    }

    private Rejection ResolveSyncobj(in DrmXeSync sync, FenceSet inFences, ref SyncEntry entry)
    {
        if (FindSyncobj(sync.Handle) is not { } found)
            return Refusals.SyncUnknownHandle(sync.Handle);

        entry.Handle = sync.Handle;
        if (sync.Type == SyncType.Syncobj)
            entry.Value = 0;
        if (entry.IsSignal)
            return default;
        if (!found.HasFence)
            return Refusals.SyncHasNoFence(sync.Handle);

        if (sync.Type == SyncType.TimelineSyncobj && !found.IsTimeline)
            return Refusals.SyncIsNoTimeline(sync.Handle);
        // A binary fence is everything the object holds, signalled or not, and so is a link of a timeline; a point that was passed is nothing (BIND-127).
        ulong point = sync.Type == SyncType.TimelineSyncobj ? sync.TimelineValue : 0;
        if (!found.TryGetPoint(point, out Fence fence, out entry.HoldsFence))
            return point == 0 ? Refusals.SyncHasNoFence(sync.Handle) : Refusals.SyncPointIsMissing(point);
        inFences.Add(fence);
        return default;
    }

    /// <summary>Out-syncs get the bind fence, the user fence is written after it (BIND-057, BIND-250, BIND-252).</summary>
    private void SignalSyncs(VmContext vm, Fence done)
    {
        for (int i = 0; i < vm.Syncs.Count; i++)
        {
            ref SyncEntry entry = ref vm.Syncs[i];
            if (!entry.IsSignal)
                continue;
            if (entry.Handle == 0)
                vm.UserFenceJobs.Submit(vm.PendingUserFence, entry.Address, entry.Value, done, vm.Queue.UserFences);
            else
                SignalSyncobj(entry, done);
        }
    }

    private void SignalSyncobj(in SyncEntry entry, Fence fence)
    {
        if (FindSyncobj(entry.Handle) is not { } sync)
            return;
        if (entry.Value == 0)
            sync.Replace(fence);
        else
            sync.AddPoint(entry.Value, fence);
    }

    /// <summary>Nothing was submitted: out-syncs get what the queue still has in flight; in-syncs that hold a fence are refused although the VMA list
    /// stays (BIND-211, BIND-212). The seed waits for them instead.</summary>
    private Rejection SignalSyncsWithoutFence(VmContext vm)
    {
        vm.Parts.Clear();
        for (int i = 0; i < vm.Syncs.Count; i++)
        {
            if (vm.Syncs[i].HoldsFence && Device.Options.Profile == XeProfile.Final)
                return Refusals.VmBindNothingWaits(vm.Syncs[i].Handle) with { SyncIndex = i };
        }

        foreach (Fence fence in vm.InFences.Fences)
            vm.Parts.Add(fence);
        vm.Queue.CollectLast(vm.Parts);
        vm.Done = vm.Jobs.Composites.Of(vm.Parts);
        SignalSyncs(vm, vm.Done);
        return default;
    }
}
