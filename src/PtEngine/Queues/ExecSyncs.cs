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
    private SyncEntry[] _entries = [];
    private int _count;

    public ReadOnlySpan<SyncEntry> Entries => _entries.AsSpan(0, _count);

    /// <summary>Pending fences of the in-syncs.</summary>
    public FenceSet InFences { get; } = new();

    /// <summary>Takes in the entries of a call, in array order; the first error stops (BIND-108, BIND-111 to BIND-123, BIND-126).</summary>
    public Rejection Parse(BindClient client, bool isLongRunning, in DrmXeExec args, ReadOnlySpan<DrmXeSync> given)
    {
        _count = 0;
        InFences.Clear();
        for (int i = 0; (uint)i < args.NumSyncs; i++)
        {
            SyncEntry entry = default;
            Rejection why = i >= given.Length ? args.RefuseSyncs(given.Length)
                : client.Failures.Fires(FailurePoint.SyncParse) ? Refusals.SyncsNoMemory(args.NumSyncs)
                : SyncParser.Parse(client, given[i], isLongRunning, allowsUserFence: true, InFences, out entry);
            if (why.IsRejected)
                return why with { SyncIndex = i };
            Add(entry);
        }

        return default;
    }

    /// <summary>Out-syncs get a fence.</summary>
    public void Signal(HandleTable<SyncObject> syncobjs, Fence fence)
    {
        foreach (ref readonly SyncEntry entry in Entries)
        {
            if (entry is { IsSignal: true, Handle: not 0 })
                SyncSignals.Signal(syncobjs, entry, fence);
        }
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

    private void Add(in SyncEntry entry)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(8, _count * 2));
        _entries[_count++] = entry;
    }
}
