using System.Runtime.CompilerServices;

namespace XePt.Epochs;

/// <summary>
/// Reader entries of an epoch domain, two cache lines apart (neighbouring lines are fetched in pairs): 0 when free, else the pinned epoch.
/// The memory is the garbage collector's, so an entry stays valid as long as anybody knows its table, whatever is disposed meanwhile.
/// </summary>
internal sealed unsafe class ReaderTable
{
    // SAFETY, all: the entries lie in the pinned array that the table holds, and callers keep indices below Capacity.

    public const int Capacity = 32;

    /// <summary>Words from one entry to the next.</summary>
    public const int EntryWords = 16;

    private readonly long[] _memory = GC.AllocateArray<long>((Capacity + 1) * EntryWords, pinned: true);
    private readonly long* _entries;
    private int _used;
    private ReaderTable? _next;

    public ReaderTable()
    {
        const nint LineMask = (EntryWords * sizeof(long)) - 1;
        // SAFETY: the array is pinned and one entry longer than needed, so the rounded-up start leaves room for Capacity entries.
        _entries = (long*)(((nint)Unsafe.AsPointer(ref _memory[0]) + LineMask) & ~LineMask);
    }

    /// <summary>Entries <c>[0, Used)</c> may be taken; those behind never were.</summary>
    public int Used => Volatile.Read(ref _used);

    /// <summary>The table chained behind this one, once it was needed.</summary>
    public ReaderTable? Next => Volatile.Read(ref _next);

    public long* Entry(int index) => _entries + (index * EntryWords);

    /// <summary>Claims the first free entry and pins an epoch in it, with a full fence behind.</summary>
    /// <returns>Its index, or -1 when all are taken.</returns>
    public int TryClaim(long epoch)
    {
        for (int i = 0; i < Capacity; i++)
        {
            if (Volatile.Read(ref *Entry(i)) != 0)
                continue;

            // The mark rises first: a scan that is to see the pin must look at this entry.
            for (int used = Used; used <= i; used = Used)
                Interlocked.CompareExchange(ref _used, i + 1, used);
            if (Interlocked.CompareExchange(ref *Entry(i), epoch, 0) == 0)
                return i;
        }

        return -1;
    }

    /// <summary>The next table, chained now if there is none.</summary>
    public ReaderTable NextOrNew()
    {
        if (Next is { } next)
            return next;

        var made = new ReaderTable();
        return Interlocked.CompareExchange(ref _next, made, null) ?? made;
    }
}
