using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Validate;

/// <summary>Parses sync entries (specification 02 section 8): entries in array order, the first error stops.</summary>
internal static class SyncParser
{
    /// <summary>Phase 10 of VM_BIND (BIND-050, BIND-111 to BIND-124).</summary>
    public static Outcome Parse(BindCall call, in BindArguments bind, bool isLongRunning)
    {
        ref readonly DrmXeVmBind args = ref bind.Args;
        if (!call.Syncs.TryReserve((int)Math.Min(args.NumSyncs, (uint)bind.Syncs.Length)))
            return call.Refuse(Refusals.SyncsNoMemory(args.NumSyncs));

        int userFences = 0;
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            Rejection why = i < bind.Syncs.Length ? Parse(call, bind, bind.Syncs[i], isLongRunning) : args.RefuseSyncs(bind.Syncs.Length);
            if (why.IsRejected)
                return call.Refuse(why with { SyncIndex = i });
            userFences += bind.Syncs[i].Type == SyncType.UserFence ? 1 : 0;
        }

        return userFences <= 1 ? Outcome.Done : call.Refuse(Refusals.SyncHasTwoUserFences((ulong)userFences));
    }

    /// <summary>What VM_BIND and EXEC have in common: everything but the checks of a user fence's memory (BIND-112 to BIND-123).</summary>
    public static Rejection Parse(
        BindClient client, in DrmXeSync sync, bool isLongRunning, bool allowsUserFence, FenceSet inFences, out SyncEntry entry)
    {
        entry = new SyncEntry { Value = sync.TimelineValue, IsSignal = (sync.Flags & SyncFlags.Signal) != 0 };
        Rejection why = SyncChecks.Validate(
            sync, new SyncCheckContext { IsLongRunning = isLongRunning, UserFenceAllowed = allowsUserFence });
        if (why.IsRejected)
            return why;

        if (sync.Type != SyncType.UserFence)
            return ResolveSyncobj(client, sync, inFences, ref entry);
        entry.Address = sync.Addr;
        return default;
    }

    private static Rejection Parse(BindCall call, in BindArguments bind, in DrmXeSync sync, bool isLongRunning)
    {
        call.Queue.UserFenceCounter++;
        if (call.Fails(FailurePoint.SyncParse))
            return Refusals.SyncsNoMemory(bind.Args.NumSyncs);

        Rejection why = Parse(bind.Client, sync, isLongRunning, bind.Args.NumBinds > 0, call.InFences, out SyncEntry entry);
        // Kept even when refused: what the entries of a call hold goes when the call ends, and it knows by them that there is something.
        call.Syncs.Add(entry);
        return why.IsRejected || entry.Handle != 0 ? why : OpenUserFence(call, bind, entry.Address);
    }

    private static Rejection OpenUserFence(BindCall call, in BindArguments bind, ulong address)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        if (!bind.Client.Memory.TryRead(address, word))
            return Refusals.SyncUserFenceIsUnreadable(address);
        return call.TryMakeUserFence() ? default : Refusals.SyncsNoMemory(bind.Args.NumSyncs);
    }

    private static Rejection ResolveSyncobj(BindClient client, in DrmXeSync sync, FenceSet inFences, ref SyncEntry entry)
    {
        if (client.Syncobjs.Find(sync.Handle) is not { } found)
            return Refusals.SyncUnknownHandle(sync.Handle);

        entry.Handle = sync.Handle;
        if (sync.Type == SyncType.Syncobj)
            entry.Value = 0;
        if (entry.IsSignal)
        {
            entry.Signals = found;
            return default;
        }

        if (sync.Type == SyncType.TimelineSyncobj)
        {
            if (!found.HasFence)
                return Refusals.SyncHasNoFence(sync.Handle);
            if (!found.IsTimeline)
                return Refusals.SyncIsNoTimeline(sync.Handle);
        }

        // A binary fence is everything the object holds, signalled or not, and so is a link of a timeline; a point that was passed is
        // nothing (BIND-127).
        ulong point = sync.Type == SyncType.TimelineSyncobj ? sync.TimelineValue : 0;
        if (!found.TryGetPoint(point, out Fence fence, out entry.HoldsFence))
            return point == 0 ? Refusals.SyncHasNoFence(sync.Handle) : Refusals.SyncPointIsMissing(point, found.Query(submitted: true));
        inFences.Add(fence);
        return default;
    }
}
