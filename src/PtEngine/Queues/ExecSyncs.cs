using XePt.Calls;
using XePt.Diagnostics;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt.Queues;

/// <summary>The parsed sync entries of one EXEC. Used again and again; one call of the queue's VM at a time.</summary>
internal sealed class ExecSyncs
{
    private SyncEntries _entries = new();

    public ReadOnlySpan<SyncEntry> Entries => _entries.Items;

    /// <summary>Pending fences of the in-syncs.</summary>
    public FenceSet InFences { get; } = new();

    /// <summary>Takes in the entries of a call, in array order; the first error stops (BIND-108, BIND-111 to BIND-123, BIND-126).</summary>
    public Rejection Parse(BindClient client, bool isLongRunning, in DrmXeExec args, ReadOnlySpan<DrmXeSync> given)
    {
        Clear();
        if (!_entries.TryReserve((int)Math.Min(args.NumSyncs, (uint)given.Length)))
            return Refusals.SyncsNoMemory(args.NumSyncs);
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            SyncEntry entry = default;
            Rejection why = i >= given.Length ? args.RefuseSyncs(given.Length)
                : client.Failures.Fires(FailurePoint.SyncParse) ? Refusals.SyncsNoMemory(args.NumSyncs)
                : SyncParser.Parse(client, given[i], isLongRunning, allowsUserFence: true, InFences, out entry);
            if (why.IsRejected)
                return why with { SyncIndex = i };
            _entries.Add(entry);
        }

        return default;
    }

    /// <summary>Out-syncs get a fence.</summary>
    public void Signal(Fence fence) => _entries.Signal(fence);

    /// <summary>The call is over: what its entries hold is let go of.</summary>
    public void Clear()
    {
        _entries.Clear();
        InFences.Clear();
    }

    /// <summary>Handle of the first in-sync that still holds a fence, or 0 (BIND-127).</summary>
    public uint FirstHeldFence
    {
        get
        {
            foreach (ref readonly SyncEntry entry in Entries)
            {
                if (entry.HoldsFence)
                    return entry.Handle;
            }

            return 0;
        }
    }
}
