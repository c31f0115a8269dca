using XePt.Walk;

namespace XePt.Tlb;

/// <summary>Table memory that notes for a walk what is read from it.</summary>
// SAFETY, all: the walk outlives the memory: both live on the stack of TlbSpace.Walk's implementation and its caller.
internal readonly unsafe struct TracedMemory(PoolMemory memory, TlbWalk* walk) : IGpuMemory
{
    public bool TryReadEntry(ulong deviceAddress, out ulong entry)
    {
        bool isRead = memory.TryReadEntry(deviceAddress, out entry);
        walk->Note(entry);
        return isRead;
    }
}
