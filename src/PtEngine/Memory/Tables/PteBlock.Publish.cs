using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace XePt.Memory;

// Stores into tables that walkers read at the same time.
internal static unsafe partial class PteBlock
{
    // SAFETY, all: callers own count entries from dst on, in a live table, and count readable ones from src on.

    /// <summary>Publishes <paramref name="count"/> entries from a private block into a table that walkers read meanwhile.</summary>
    /// <remarks>
    /// <para>Each entry is written exactly once and as a whole: a walker sees its old or its new value. Entries become visible in no
    /// particular order among themselves, but after everything written before the call (a write barrier comes first), so a table
    /// linked here is seen complete.</para>
    /// <para>Why no entry can be torn: an aligned 8-byte store is atomic by the .NET memory model. Pairs are stored only on processors
    /// that say what becomes of the halves: x64 with AVX performs an aligned 16-byte store in one piece, Arm64 performs a 16-byte
    /// vector store as two 8-byte stores. Nothing is promised for wider stores, so none are used, nor overlapping ones: a second
    /// write of the same value would break "exactly once" against another store to that entry.</para>
    /// </remarks>
    public static void StoreEach(ulong* dst, ulong* src, nuint count)
    {
        AssertAligned(dst);
        Volatile.WriteBarrier();
        if (Avx.IsSupported || AdvSimd.IsSupported)
            Pairs.StoreEach(dst, src, count);
        else
            Scalar.StoreEach(dst, src, count);
    }

    /// <summary>Stores one entry of a table that walkers read meanwhile. Atomicity and order as in
    /// <see cref="StoreEach(ulong*, ulong*, nuint)"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ulong* dst, ulong value)
    {
        AssertAligned(dst);
        Volatile.Write(ref *dst, value);
    }

    /// <summary>Stores <paramref name="value"/> into each entry of a table that walkers read meanwhile: clear, zap, scratch.</summary>
    /// <remarks>Atomicity and order as in <see cref="StoreEach(ulong*, ulong*, nuint)"/>.</remarks>
    public static void StoreEach(ulong* dst, nuint count, ulong value)
    {
        AssertAligned(dst);
        Volatile.WriteBarrier();
        if (Avx.IsSupported || AdvSimd.IsSupported)
            Pairs.StoreEach(dst, count, value);
        else
            Scalar.StoreEach(dst, count, value);
    }

    internal static partial class Scalar
    {
        public static void StoreEach(ulong* dst, ulong* src, nuint count)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = src[i];
        }

        public static void StoreEach(ulong* dst, nuint count, ulong value)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = value;
        }
    }

    /// <summary>Two entries by one aligned 16-byte store.</summary>
    internal static class Pairs
    {
        private const int Lanes = 2;

        public static void StoreEach(ulong* dst, ulong* src, nuint count)
        {
            nuint i = Math.Min(EntriesToAlignment(dst, Lanes * EntryBytes), count);
            Scalar.StoreEach(dst, src, i);
            for (; i + (4 * Lanes) <= count; i += 4 * Lanes)
            {
                Vector128.Load(src + i).StoreAligned(dst + i);
                Vector128.Load(src + i + Lanes).StoreAligned(dst + i + Lanes);
                Vector128.Load(src + i + (2 * Lanes)).StoreAligned(dst + i + (2 * Lanes));
                Vector128.Load(src + i + (3 * Lanes)).StoreAligned(dst + i + (3 * Lanes));
            }

            for (; i + Lanes <= count; i += Lanes)
                Vector128.Load(src + i).StoreAligned(dst + i);
            Scalar.StoreEach(dst + i, src + i, count - i);
        }

        public static void StoreEach(ulong* dst, nuint count, ulong value)
        {
            Vector128<ulong> pair = Vector128.Create(value);
            nuint i = Math.Min(EntriesToAlignment(dst, Lanes * EntryBytes), count);
            Scalar.StoreEach(dst, i, value);
            for (; i + (4 * Lanes) <= count; i += 4 * Lanes)
            {
                pair.StoreAligned(dst + i);
                pair.StoreAligned(dst + i + Lanes);
                pair.StoreAligned(dst + i + (2 * Lanes));
                pair.StoreAligned(dst + i + (3 * Lanes));
            }

            for (; i + Lanes <= count; i += Lanes)
                pair.StoreAligned(dst + i);
            Scalar.StoreEach(dst + i, count - i, value);
        }
    }
}
