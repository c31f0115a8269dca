using System.Numerics;
using XePt.Memory;

namespace XePt.Tests.Memory;

/// <summary>Memory in one piece of any size, made of what the allocator can do: one block, and its tail given back.</summary>
internal static class OnePiece
{
    public static bool TryAllocateContiguous(this BuddyAllocator region, ulong size, out ulong address, ulong below = ulong.MaxValue)
    {
        ulong block = BitOperations.RoundUpToPowerOf2(size);
        var blocks = new BlockList();
        address = 0;
        if (!region.TryAllocate(block, block, ref blocks, below))
            return false;
        address = blocks.AsSpan()[0].Address;
        region.Free(address + size, block - size);
        return true;
    }
}
