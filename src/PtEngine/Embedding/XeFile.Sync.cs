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
        vm.InFences.Clear();
        vm.PendingUserFence = 0;
        if (args.NumSyncs == 0)
            return default;
        if (!vm.Syncs.TryReserve((int)Math.Min(args.NumSyncs, (uint)syncs.Length)))
            return Refusals.SyncsNoMemory(args.NumSyncs);

        int userFences = 0;
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            Rejection why = i < syncs.Length ? ParseSync(vm, syncs[i], args) : Refusals.SyncIsUnreadable(args.Syncs);
            if (why.IsRejected)
            {
                DropUserFence(vm);
                return why with { SyncIndex = i };
            }

            userFences += syncs[i].Type == SyncType.UserFence ? 1 : 0;
        }

        if (userFences <= 1)
            return default;
        DropUserFence(vm);
        return Refusals.SyncHasTwoUserFences((ulong)userFences);
    }

    private Rejection ParseSync(VmContext vm, in DrmXeSync sync, in DrmXeVmBind args)
    {
        vm.Queue.UserFenceCounter++;
        if (Device.Faults.Fires(FaultPoint.SyncParse))
            return Refusals.SyncsNoMemory(args.NumSyncs);

        Rejection why = SyncChecks.Validate(sync, new SyncCheckContext { IsLongRunning = vm.Facts.IsLongRunning, UserFenceAllowed = args.NumBinds > 0 });
        if (why.IsRejected)
            return why;

        var entry = new SyncEntry { Value = sync.TimelineValue, IsSignal = (sync.Flags & SyncFlags.Signal) != 0 };
        if (sync.Type == SyncType.UserFence)
            why = OpenUserFence(vm, sync, args.NumSyncs, ref entry);
        else
            why = ResolveSyncobj(vm, sync, ref entry);
        if (!why.IsRejected)
            vm.Syncs.TryAdd(entry);
        return why;
    }

    private Rejection OpenUserFence(VmContext vm, in DrmXeSync sync, uint numSyncs, ref SyncEntry entry)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        if (!UserMemory.TryRead(sync.Addr, word))
            return Refusals.SyncUserFenceIsUnreadable(sync.Addr);
        if (vm.PendingUserFence == 0)
            vm.PendingUserFence = vm.UserFences.TryCreate();

        entry.Address = sync.Addr;
        return vm.PendingUserFence == 0 ? Refusals.SyncsNoMemory(numSyncs) : default;
    }

    private static void DropUserFence(VmContext vm)
    {
        if (vm.PendingUserFence != 0)
            vm.UserFences.DropReference(vm.PendingUserFence);
        vm.PendingUserFence = 0;
    }

    private Rejection ResolveSyncobj(VmContext vm, in DrmXeSync sync, ref SyncEntry entry)
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

        Fence fence = sync.Type == SyncType.Syncobj ? found.Fence : default;
        if (sync.Type == SyncType.TimelineSyncobj)
        {
            if (!found.IsTimeline)
                return Refusals.SyncIsNoTimeline(sync.Handle);
            if (!found.TryGetPoint(sync.TimelineValue, out fence))
                return Refusals.SyncPointIsMissing(sync.TimelineValue);
        }

        // A point that is reached leaves nothing to wait for; a binary fence counts even when it has signalled (BIND-127).
        entry.HoldsFence = sync.Type == SyncType.Syncobj || !fence.IsSignalled;
        vm.InFences.Add(fence);
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
            else if (FindSyncobj(entry.Handle) is not { } sync)
                continue;
            else if (entry.Value == 0)
                sync.Replace(done);
            else
                sync.AddPoint(entry.Value, done);
        }
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
