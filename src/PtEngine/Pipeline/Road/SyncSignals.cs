using XePt.Calls;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Pipeline;

/// <summary>The end of a call for who waits for it: out-syncs get its fence, user fences are written after it (specification 02 sections
/// 12.3 and 15).</summary>
internal static class SyncSignals
{
    /// <summary>Signals the sync entries of a call that has succeeded.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="client">Whose syncobjs they name.</param>
    /// <param name="outcome">Whether something was submitted.</param>
    public static Outcome Signal(VmContext vm, BindClient client, Outcome outcome)
    {
        BindCall call = vm.Call;
        if (outcome == Outcome.NothingToSubmit && !CollectWithoutFence(vm, call, client.Profile))
            return Outcome.Refused;
        call.Syncs.Signal(call.Done);
        if (call.UserFence != 0)
            SignalUserFences(vm, call);
        return Outcome.Done;
    }

    /// <summary>BIND-250, BIND-252.</summary>
    private static void SignalUserFences(VmContext vm, BindCall call)
    {
        foreach (ref readonly SyncEntry entry in call.Syncs.Items)
        {
            if (entry is { IsSignal: true, Handle: 0 })
                vm.UserFenceJobs.Submit(call.UserFence, entry.Address, entry.Value, call.Done, call.Queue.UserFences);
        }
    }

    /// <summary>Nothing was submitted: out-syncs get what the queue still has in flight; in-syncs that hold a fence are refused although
    /// the VMA list stays (BIND-211, BIND-212). The seed waits for them instead.</summary>
    private static bool CollectWithoutFence(VmContext vm, BindCall call, XeProfile profile)
    {
        ReadOnlySpan<SyncEntry> syncs = call.Syncs.Items;
        for (int i = 0; i < syncs.Length; i++)
        {
            if (!syncs[i].HoldsFence || profile != XeProfile.Final)
                continue;
            call.Refuse(Refusals.VmBindNothingWaits(syncs[i].Handle) with { SyncIndex = i });
            return false;
        }

        call.Parts.Clear();
        foreach (Fence fence in call.InFences.Fences)
            call.Parts.Add(fence);
        call.Queue.CollectLast(call.Parts);
        call.Done = vm.Jobs.Composites.Of(call.Parts);
        return true;
    }
}
