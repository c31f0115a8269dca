using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XePt.Memory;

/// <summary>Kernels over blocks of page-table entries: fill, publish, compare, count.</summary>
/// <remarks>
/// <para>All pointers are 8-byte aligned and cover <c>count</c> entries owned by the caller. The fills are for memory that no walker
/// can see yet (a private table, or a block staged beside it); <see cref="StoreEach(ulong*, ulong*, nuint)"/> is for memory walkers
/// read. Comparing and counting belong to the writer side.</para>
/// <para>Each tier is one file. The JIT knows the answer of <c>IsHardwareAccelerated</c> and compiles only the tier of the machine;
/// <see cref="Scalar"/> defines the result.</para>
/// </remarks>
// SAFETY: a tier accesses nothing but [pointer, pointer + count); the caller keeps that memory alive during the call.
internal static unsafe partial class PteBlock
{
    /// <summary>Bytes of one entry.</summary>
    private const int EntryBytes = sizeof(ulong);

    /// <summary>Pages of 4 KiB in a page of 64 KiB.</summary>
    private const int PagesPer64K = 16;

    private const ulong PageBytes = 4096;
    private const ulong Mask64K = 0xffff;

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

    /// <summary>Sets every entry to <paramref name="value"/>.</summary>
    public static void Fill(ulong* dst, nuint count, ulong value) => FillSequence(dst, count, value, 0);

    /// <summary>Sets entry i to <c>addresses[i] | orBits</c>: scattered pages. The blocks do not overlap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FillFromAddresses(ulong* dst, ulong* addresses, nuint count, ulong orBits)
    {
        AssertAligned(dst);
        if (Vector512.IsHardwareAccelerated)
            V512.FillFromAddresses(dst, addresses, count, orBits);
        else if (Vector256.IsHardwareAccelerated)
            V256.FillFromAddresses(dst, addresses, count, orBits);
        else
            Scalar.FillFromAddresses(dst, addresses, count, orBits);
    }

    /// <summary>Finds the 64 KiB pages in a list of 4 KiB page addresses.</summary>
    /// <param name="addresses">Device addresses of the pages.</param>
    /// <param name="count">A multiple of 16, up to 1024.</param>
    /// <returns>Bit i is set iff the 16 addresses from 16 * i on are consecutive pages and the first is 64 KiB-aligned.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Detect64K(ulong* addresses, nuint count)
    {
        Debug.Assert(count % PagesPer64K == 0 && count <= 64 * PagesPer64K, "One bit per chunk of 16 pages.");
        if (Vector512.IsHardwareAccelerated)
            return V512.Detect64K(addresses, count);
        return Vector256.IsHardwareAccelerated ? V256.Detect64K(addresses, count) : Scalar.Detect64K(addresses, count);
    }

    /// <summary>Whether both blocks hold the same entries.</summary>
    public static bool AllEqual(ulong* a, ulong* b, nuint count) => AsSpan(a, count).SequenceEqual(AsSpan(b, count));

    /// <summary>Whether every entry is <paramref name="value"/>; true for an empty block.</summary>
    public static bool IsAll(ulong* entries, nuint count, ulong value) => !AsSpan(entries, count).ContainsAnyExcept(value);

    /// <summary>Number of entries that are not zero.</summary>
    public static nuint CountNonZero(ulong* entries, nuint count) => count - (nuint)AsSpan(entries, count).Count(0UL);

    private static ReadOnlySpan<ulong> AsSpan(ulong* entries, nuint count) => new(entries, checked((int)count));

    // Entries from p up to the next multiple of `alignment` bytes (a power of two).
    private static nuint EntriesToAlignment(ulong* p, nuint alignment) => ((0 - (nuint)p) & (alignment - 1)) / EntryBytes;

    [Conditional("DEBUG")]
    private static void AssertAligned(ulong* p) => Debug.Assert((nuint)p % EntryBytes == 0, "Entries are 8-byte aligned.");
}
