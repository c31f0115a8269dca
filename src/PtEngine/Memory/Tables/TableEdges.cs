using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>How an interval divides a table of the planned tree: the entries that it covers wholly, <c>[First, End)</c>, and the tables
/// below the two edges that it may cover only partly, which see what <see cref="TableSpan.BelowFirst"/> and
/// <see cref="TableSpan.BelowLast"/> say.</summary>
internal readonly unsafe struct TableEdges
{
    /// <summary>Index of the first entry that is wholly covered.</summary>
    public readonly int First;

    /// <summary>Index behind the last one; not above <see cref="First"/> when there is none.</summary>
    public readonly int End;

    /// <summary>The table below a first entry that is covered partly; 0 without one.</summary>
    public readonly int FirstTable;

    /// <summary>The table below a last entry that is another one than the first and covered partly; 0 without one.</summary>
    public readonly int LastTable;

    /// <param name="table">The table.</param>
    /// <param name="span">The interval as it sees it.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TableEdges(in TablePage table, TableSpan span)
    {
        (First, End) = (span.First, span.Last + 1);
        if (span.IsWhole)
            return;
        // SAFETY: only a directory has partly covered entries, and it has 512 child numbers.
        if (span.HasFirstEdge)
            FirstTable = table.Children[First++];
        if (span.HasLastEdge)
            LastTable = table.Children[--End];
    }
}
