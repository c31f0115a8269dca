using System.Runtime.CompilerServices;

namespace XePt.Fences;

/// <summary>The parsed sync entries of one call, in array order (specification 02 section 8). Those of out-syncs hold their syncobjs, so
/// that the call signals what it was given, whatever becomes of the handles meanwhile. Used again and again; whoever has it orders its
/// calls.</summary>
internal struct SyncEntries()
{
    private SyncEntry[] _entries = [];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The entries.</summary>
    public readonly ReadOnlySpan<SyncEntry> Items => _entries.AsSpan(0, Count);

    /// <summary>Makes room for so many more; false when memory for it could not be had.</summary>
    public bool TryReserve(int more)
    {
        if (more <= _entries.Length - Count)
            return true;
        try
        {
            Array.Resize(ref _entries, Math.Max(8, Math.Max(Count + more, _entries.Length * 2)));
            return true;
        }
        catch (OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>Adds one, for which there is room.</summary>
    public void Add(in SyncEntry entry) => _entries[Count++] = entry;

    /// <summary>Forgets all, and lets go of their syncobjs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear()
    {
        foreach (ref SyncEntry entry in _entries.AsSpan(0, Count))
        {
            // In-syncs hold nothing.
            if (entry.Signals is not null)
                entry.Signals = null;
        }

        Count = 0;
    }

    /// <summary>Gives the out-syncs that are syncobjs a fence (BIND-057).</summary>
    public readonly void Signal(Fence fence)
    {
        foreach (ref readonly SyncEntry entry in Items)
            entry.Signals?.Put(entry.Value, fence);
    }
}
