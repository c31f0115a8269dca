using XePt.Memory;

namespace XePt.Fences;

/// <summary>The user fences that VMAs of one VM remember (BIND-252). A slot lives while any VMA or the pending request names it.</summary>
internal sealed class UserFenceTable(AllocationGate gate) : IDisposable
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
            _entries[slot].References = 1;
        return slot;
    }

    /// <summary>Fences alive.</summary>
    public int Count => _entries.Count;

    public bool IsSignalled(int slot) => _entries[slot].IsSignalled;

    public void Signal(int slot) => _entries[slot].IsSignalled = true;

    public void AddReference(int slot) => _entries[slot].References++;

    public void DropReference(int slot)
    {
        if (--_entries[slot].References == 0)
            _entries.Return(slot);
    }

    public void Dispose() => _entries.Dispose();
}
