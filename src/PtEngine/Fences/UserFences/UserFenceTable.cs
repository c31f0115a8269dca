using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>The user fences that VMAs of one VM remember (BIND-252). A slot lives while any VMA, the call that made it or its pending write
/// names it.</summary>
/// <remarks>Concurrency: the VM's writer side owns the table; only the mark of a slot is set from other threads, through its
/// <see cref="Flag"/>.</remarks>
internal sealed unsafe class UserFenceTable(AllocationGate gate) : IDisposable
{
    private struct Entry
    {
        public int References;
        public bool IsSignalled;
    }

    private readonly SlotStore<Entry> _entries = new(gate);

    /// <summary>A new unsignalled fence with one reference, or 0 when memory could not be had.</summary>
    public int TryCreate()
    {
        int slot = _entries.Rent();
        if (slot != 0)
            _entries[slot] = new Entry { References = 1, IsSignalled = false };
        return slot;
    }

    public bool IsSignalled(int slot) => FlagOf(slot).IsSet;

    /// <summary>The mark of a slot, for whoever signals it: valid on any thread as long as the slot has a reference.</summary>
    // SAFETY: slots are in chunks of unmanaged memory that never move.
    public Flag FlagOf(int slot) => new((bool*)Unsafe.AsPointer(ref _entries[slot].IsSignalled));

    public void AddReference(int slot) => _entries[slot].References++;

    public void DropReference(int slot)
    {
        if (--_entries[slot].References == 0)
            _entries.Return(slot);
    }

    public void Dispose() => _entries.Dispose();

    /// <summary>The signalled mark of one user fence.</summary>
    internal readonly struct Flag(bool* flag)
    {
        // SAFETY: the holder has a reference to the slot, so its chunk lives.
        public bool IsSet => Volatile.Read(ref *flag);

        // SAFETY: as above.
        public void Set() => Volatile.Write(ref *flag, true);
    }
}
