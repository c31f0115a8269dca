using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XePt.Memory;

/// <summary>Kernels over blocks of page-table entries: fill and publish.</summary>
/// <remarks>
/// <para>All pointers are 8-byte aligned and cover <c>count</c> entries owned by the caller. The fills are for memory that no walker
/// can see yet (a private table, or a block staged beside it); <see cref="StoreEach(ulong*, ulong*, nuint)"/> is for memory walkers
/// read.</para>
/// <para>Each tier is one file. The JIT knows the answer of <c>IsHardwareAccelerated</c> and compiles only the tier of the machine;
/// <see cref="Scalar"/> defines the result.</para>
/// </remarks>
// SAFETY: a tier accesses nothing but [pointer, pointer + count); the caller keeps that memory alive during the call.
internal static unsafe partial class PteBlock
{
    /// <summary>Bytes of one entry.</summary>
    private const int EntryBytes = sizeof(ulong);

    private const int EntriesPerTable = PageTablePool.EntriesPerTable;

    private const ulong PageBytes = PageTablePool.PageBytes;

    private const int PageShift = 12;

    private const int EntriesPerChunk = 16;

    /// <summary>Sets entry i to <c>first + i * stride</c> modulo 2^64: contiguous device memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillSequence(ulong* dst, nuint count, ulong first, ulong stride)
    {
        AssertAligned(dst);
        if (Vector512.IsHardwareAccelerated)
            V512.FillSequence(dst, count, first, stride);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillSequence(dst, count, first, stride);
        else
            Scalar.FillSequence(dst, count, first, stride);
    }

    /// <summary>Sets entry i of a whole table to <c>first + i * 4 KiB</c>: contiguous device memory.</summary>
    /// <param name="table">512 entries, 4 KiB aligned.</param>
    /// <param name="first">The first entry.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillTable(ulong* table, ulong first)
    {
        Debug.Assert((nuint)table % PageBytes == 0, "A table is a page.");
        if (Vector512.IsHardwareAccelerated)
            V512.FillTable(table, first);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillTable(table, first);
        else
            Scalar.FillSequence(table, EntriesPerTable, first, PageBytes);
    }

    /// <summary>Sets entry i of a whole table to <c>first + distances[i] * 4 KiB</c>: scattered pages.</summary>
    /// <param name="table">512 entries, 4 KiB aligned.</param>
    /// <param name="distances">How many pages 512 pages are behind a first, elsewhere.</param>
    /// <param name="first">The entry of that first page.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillTableFromPages(ulong* table, int* distances, ulong first)
    {
        Debug.Assert((nuint)table % PageBytes == 0, "A table is a page.");
        if (Vector512.IsHardwareAccelerated)
            V512.FillTableFromPages(table, distances, first);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillTableFromPages(table, distances, first);
        else
            Scalar.FillFromPages(table, distances, EntriesPerTable, first);
    }

    /// <summary>Sets entry i to <c>first + i * 4 KiB</c>: contiguous device memory of whole 64 KiB, of which a list has many.</summary>
    /// <param name="dst">The entries, 16 for each 64 KiB.</param>
    /// <param name="chunks">How many 64 KiB, at least one.</param>
    /// <param name="first">The first entry.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillChunks(ulong* dst, nuint chunks, ulong first)
    {
        Debug.Assert(chunks > 0, "There is one.");
        if (Vector512.IsHardwareAccelerated)
            V512.FillChunks(dst, chunks, first);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillChunks(dst, chunks, first);
        else
            FillSequence(dst, chunks * EntriesPerChunk, first, PageBytes);
    }

    /// <summary>Sets every entry to <paramref name="value"/>.</summary>
    public static void Fill(ulong* dst, nuint count, ulong value) => FillSequence(dst, count, value, 0);

    /// <summary>Sets entry i to <c>first + distances[i] * 4 KiB</c>: scattered pages. The blocks do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillFromPages(ulong* dst, int* distances, nuint count, ulong first)
    {
        AssertAligned(dst);
        if (Vector512.IsHardwareAccelerated)
            V512.FillFromPages(dst, distances, count, first);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillFromPages(dst, distances, count, first);
        else
            Scalar.FillFromPages(dst, distances, count, first);
    }

    // Entries from p up to the next multiple of `alignment` bytes (a power of two).
    private static nuint EntriesToAlignment(ulong* p, nuint alignment) => ((0 - (nuint)p) & (alignment - 1)) / EntryBytes;

    [Conditional("DEBUG")]
    private static void AssertAligned(ulong* p) => Debug.Assert((nuint)p % EntryBytes == 0, "Entries are 8-byte aligned.");
}
