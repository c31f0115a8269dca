using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>An interval <c>[Start, End)</c> as one table of a level sees it: from which entry to which, and which of the two edges are
/// covered only partly. Empty only as the <see cref="Rest"/> of a walk that is over. All walks of the planned tree and of the bytes speak
/// of tables in these words.</summary>
/// <param name="start">First address.</param>
/// <param name="end">End, exclusive; inside what the table covers.</param>
/// <param name="level">Level of the table.</param>
internal readonly struct TableSpan(ulong start, ulong end, int level)
{
    public ulong Start { get; } = start;

    public ulong End { get; } = end;

    public int Level { get; } = level;

    /// <summary>Index of the first entry that the interval touches.</summary>
    public int First => PageSizes.IndexAt(Start, Level);

    /// <summary>Index of the last entry that the interval touches.</summary>
    public int Last => PageSizes.IndexAt(End - 1, Level);

    /// <summary>Entries touched.</summary>
    public int Count => (int)(((End - 1) >> Shift) - (Start >> Shift)) + 1;

    /// <summary>The interval lies inside one entry.</summary>
    public bool IsOneEntry => (Start ^ (End - 1)) >> Shift == 0;

    /// <summary>Every touched entry is wholly covered.</summary>
    public bool IsWhole => ((Start | End) & Mask) == 0;

    /// <summary>The first entry is covered only partly.</summary>
    public bool HasFirstEdge => (Start & Mask) != 0 || (IsOneEntry && (End & Mask) != 0);

    /// <summary>The last entry is another one than the first and is covered only partly.</summary>
    public bool HasLastEdge => (End & Mask) != 0 && !IsOneEntry;

    public bool IsEmpty => Start >= End;

    /// <summary>The part inside the first entry, as the table below it sees it.</summary>
    public TableSpan BelowFirst => new(Start, Math.Min(End, (Start | Mask) + 1), Level - 1);

    /// <summary>The part inside the last entry, likewise.</summary>
    public TableSpan BelowLast => new((End - 1) & ~Mask, End, Level - 1);

    /// <summary>What is left behind the first entries.</summary>
    public TableSpan Rest(int entries) => new(Math.Min(End, (Start & ~Mask) + ((ulong)entries << Shift)), End, Level);

    /// <summary>The highest level at which the interval touches more than one entry or covers one wholly.</summary>
    private int ForkLevel
    {
        get
        {
            // Bits in which the first and the last address differ: 12 for a page, 21 for what lies inside 2 MiB and in no smaller entry.
            int bits = 64 - BitOperations.LeadingZeroCount(Start ^ (End - 1));
            int level = bits <= PageSizes.LeafShift ? 0 : (bits - PageSizes.LeafShift + PageSizes.IndexBits - 1) / PageSizes.IndexBits;
            bool coversOne = End - Start == PageSizes.EntrySize(level);
            return coversOne || level == 0 ? level : level - 1;
        }
    }

    private int Shift => PageSizes.EntryShift(Level);

    private ulong Mask => PageSizes.EntrySize(Level) - 1;

    /// <summary>Leads down the planned tree as long as the interval lies inside one entry that it covers only partly and that has a
    /// child.</summary>
    /// <param name="pool">The pages.</param>
    /// <param name="page">The table whose span this is; receives the last one.</param>
    /// <param name="path">Receives the table of each level passed, that of the last one included, in <see cref="PageSizes.MostLevels"/>
    /// places; or null.</param>
    /// <returns>The span of the last table.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe TableSpan Descend(PageTablePool pool, ref int page, int* path = null)
    {
        int level = Level, last = ForkLevel;
        // SAFETY: levels are below MostLevels.
        if (path != null)
            path[(uint)level] = page;
        for (; level > last; level--)
        {
            // SAFETY: a directory has 512 child numbers.
            int child = pool.Page(page).Children[(uint)PageSizes.IndexAt(Start, level)];
            if (child == 0)
                break;
            Debug.Assert(pool.Page(child).Level == level - 1);
            page = child;
            if (path != null)
                path[(uint)level - 1] = page;
        }

        return new TableSpan(Start, End, level);
    }
}
