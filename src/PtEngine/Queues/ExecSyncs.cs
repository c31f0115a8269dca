using XePt.Fences;

namespace XePt.Queues;

/// <summary>The parsed sync entries of one EXEC. Used again and again; one call of the queue's VM at a time.</summary>
internal sealed class ExecSyncs
{
    private SyncEntry[] _entries = [];

    public int Count { get; private set; }

    public ReadOnlySpan<SyncEntry> Entries => _entries.AsSpan(0, Count);

    /// <summary>Pending fences of the in-syncs.</summary>
    public FenceSet InFences { get; } = new();

    public void Clear()
    {
        Count = 0;
        InFences.Clear();
    }

    public void Add(in SyncEntry entry)
    {
        if (Count == _entries.Length)
            Array.Resize(ref _entries, Math.Max(8, Count * 2));
        _entries[Count++] = entry;
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
