using System.Diagnostics;

namespace XePt.Tlb;

/// <summary>
/// The pages that the unbinds of one tile update take away: who gets the update's invalidation flushes only these from its caches of
/// physical memory, instead of everything (specification 03 section 17).
/// </summary>
/// <remarks>Concurrency: the writer side of the VM fills it while it stages, then nobody changes it until the update it belongs to begins
/// anew, which is not before every client has acknowledged. It is managed memory, so that a client who reads it too late reads
/// nonsense and nothing worse.</remarks>
internal sealed class ReclaimList
{
    /// <summary>The list is one page, and its last place ends it (PT-193).</summary>
    public const int MostEntries = 511;

    private readonly ulong[] _entries = new ulong[MostEntries];
    private int _count;

    /// <summary>What was collected, in the order of the walk.</summary>
    public ReadOnlySpan<ulong> Entries => _entries.AsSpan(0, _count);

    /// <summary>Begins a new list.</summary>
    public void Clear() => _count = 0;

    /// <summary>Adds a page (PT-192).</summary>
    /// <param name="address">Its physical address; bits inside the page are ignored .</param>
    /// <param name="sizeLog">Its size: log2 of the number of 4 KiB pages.</param>
    /// <returns>False when the list is full.</returns>
    public bool TryAdd(ulong address, int sizeLog)
    {
        if (_count == MostEntries)
            return false;
        Debug.Assert(sizeLog is 0 or 4 or 9);
        _entries[_count++] = 1 | ((ulong)sizeLog << 1) | (address & (ulong.MaxValue << (sizeLog + 12)));
        return true;
    }
}
