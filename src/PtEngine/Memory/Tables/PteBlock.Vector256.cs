using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace XePt.Memory;

internal static unsafe partial class PteBlock
{
    /// <summary>Four entries at a time.</summary>
    internal static class V256
    {
        // SAFETY, all: callers own count entries from dst on, and nothing is written outside them.

        private const int Lanes = 4;

        // Unaligned vectors at both ends overlap the rest and write the same values there: no scalar remainder, and short runs
        // (a 64 KiB page is 16 entries) are four stores without a loop.
        public static void FillSequence(ulong* dst, nuint count, ulong first, ulong stride)
        {
            if (count < Lanes)
            {
                Scalar.FillSequence(dst, count, first, stride);
                return;
            }

            Vector256<ulong> ramp = Ramp(stride);
            (Vector256.Create(first) + ramp).Store(dst);
            (Vector256.Create(first + ((count - Lanes) * stride)) + ramp).Store(dst + count - Lanes);
            if (count <= 2 * Lanes)
                return;

            Vector256<ulong> step = Vector256.Create(stride * Lanes);
            if (count <= 4 * Lanes)
            {
                (Vector256.Create(first) + ramp + step).Store(dst + Lanes);
                (Vector256.Create(first + ((count - (2 * Lanes)) * stride)) + ramp).Store(dst + count - (2 * Lanes));
                return;
            }

            Vector256<ulong> step2 = step + step;
            Vector256<ulong> step3 = step2 + step;
            Vector256<ulong> step4 = step2 + step2;
            nuint i = EntriesToAlignment(dst, Lanes * EntryBytes);
            Vector256<ulong> next = Vector256.Create(first + (i * stride)) + ramp;
            // Eight vectors a round: a whole table is filled with no more instructions than memory is.
            for (; i + (8 * Lanes) <= count; i += 8 * Lanes)
            {
                next.StoreAligned(dst + i);
                (next + step).StoreAligned(dst + i + Lanes);
                (next + step2).StoreAligned(dst + i + (2 * Lanes));
                (next + step3).StoreAligned(dst + i + (3 * Lanes));
                next += step4;
                next.StoreAligned(dst + i + (4 * Lanes));
                (next + step).StoreAligned(dst + i + (5 * Lanes));
                (next + step2).StoreAligned(dst + i + (6 * Lanes));
                (next + step3).StoreAligned(dst + i + (7 * Lanes));
                next += step4;
            }

            for (; i + Lanes <= count; i += Lanes)
            {
                next.StoreAligned(dst + i);
                next += step;
            }
        }

        // Everything but the first value is known, and a table begins at a page: no head, no tail, nothing to work out.
        public static void FillTable(ulong* table, ulong first)
        {
            Vector256<ulong> step1 = Vector256.Create(1 * Lanes * PageBytes);
            Vector256<ulong> step2 = Vector256.Create(2 * Lanes * PageBytes);
            Vector256<ulong> step3 = Vector256.Create(3 * Lanes * PageBytes);
            Vector256<ulong> step4 = Vector256.Create(4 * Lanes * PageBytes);
            Vector256<ulong> next = Vector256.Create(first) + Vector256.Create(0, PageBytes, 2 * PageBytes, 3 * PageBytes);
            ulong* end = table + EntriesPerTable;
            for (ulong* at = table; at < end; at += 8 * Lanes)
            {
                next.StoreAligned(at);
                (next + step1).StoreAligned(at + Lanes);
                (next + step2).StoreAligned(at + (2 * Lanes));
                (next + step3).StoreAligned(at + (3 * Lanes));
                next += step4;
                next.StoreAligned(at + (4 * Lanes));
                (next + step1).StoreAligned(at + (5 * Lanes));
                (next + step2).StoreAligned(at + (6 * Lanes));
                (next + step3).StoreAligned(at + (7 * Lanes));
                next += step4;
            }
        }

        // Four stores for each 64 KiB, and nothing to be found out about where they go.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void FillChunks(ulong* dst, nuint chunks, ulong first)
        {
            Vector256<ulong> next = Vector256.Create(first) + Vector256.Create(0, PageBytes, 2 * PageBytes, 3 * PageBytes);
            ulong* end = dst + (chunks * EntriesPerChunk);
            do
            {
                next.Store(dst);
                (next + Vector256.Create(1 * Lanes * PageBytes)).Store(dst + Lanes);
                (next + Vector256.Create(2 * Lanes * PageBytes)).Store(dst + (2 * Lanes));
                (next + Vector256.Create(3 * Lanes * PageBytes)).Store(dst + (3 * Lanes));
                next += Vector256.Create(EntriesPerChunk * PageBytes);
                dst += EntriesPerChunk;
            }
            while (dst < end);
        }

        public static void FillTableFromPages(ulong* table, int* distances, ulong first)
        {
            Vector256<ulong> entry = Vector256.Create(first);
            ulong* end = table + EntriesPerTable;
            for (ulong* at = table; at < end; at += 8 * Lanes, distances += 8 * Lanes)
            {
                StorePages(at, distances, entry);
                StorePages(at + Lanes, distances + Lanes, entry);
                StorePages(at + (2 * Lanes), distances + (2 * Lanes), entry);
                StorePages(at + (3 * Lanes), distances + (3 * Lanes), entry);
                StorePages(at + (4 * Lanes), distances + (4 * Lanes), entry);
                StorePages(at + (5 * Lanes), distances + (5 * Lanes), entry);
                StorePages(at + (6 * Lanes), distances + (6 * Lanes), entry);
                StorePages(at + (7 * Lanes), distances + (7 * Lanes), entry);
            }
        }

        public static void FillFromPages(ulong* dst, int* distances, nuint count, ulong first)
        {
            if (count < Lanes)
            {
                Scalar.FillFromPages(dst, distances, count, first);
                return;
            }

            Vector256<ulong> entry = Vector256.Create(first);
            StorePages(dst, distances, entry);
            nuint i = EntriesToAlignment(dst, Lanes * EntryBytes);
            for (; i + (8 * Lanes) <= count; i += 8 * Lanes)
            {
                StorePages(dst + i, distances + i, entry);
                StorePages(dst + i + Lanes, distances + i + Lanes, entry);
                StorePages(dst + i + (2 * Lanes), distances + i + (2 * Lanes), entry);
                StorePages(dst + i + (3 * Lanes), distances + i + (3 * Lanes), entry);
                StorePages(dst + i + (4 * Lanes), distances + i + (4 * Lanes), entry);
                StorePages(dst + i + (5 * Lanes), distances + i + (5 * Lanes), entry);
                StorePages(dst + i + (6 * Lanes), distances + i + (6 * Lanes), entry);
                StorePages(dst + i + (7 * Lanes), distances + i + (7 * Lanes), entry);
            }

            for (; i + Lanes <= count; i += Lanes)
                StorePages(dst + i, distances + i, entry);
            StorePages(dst + count - Lanes, distances + count - Lanes, entry);
        }

        // The lower half, all that is loaded, becomes a whole vector of entries.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void StorePages(ulong* dst, int* distances, Vector256<ulong> first)
        {
            Vector256<long> wide = Vector256.WidenLower(Vector128.Load(distances).ToVector256Unsafe());
            ((wide.AsUInt64() << PageShift) + first).Store(dst);
        }

        // {0, stride, 2 * stride, 3 * stride}: there is no 64-bit multiply in AVX2, and building it lane by lane takes longer.
        private static Vector256<ulong> Ramp(ulong stride)
        {
            Vector256<ulong> odd = Vector256.Create(0, ulong.MaxValue, 0, ulong.MaxValue);
            Vector256<ulong> high = Vector256.Create(0, 0, ulong.MaxValue, ulong.MaxValue);
            return (Vector256.Create(stride) & odd) + (Vector256.Create(stride * 2) & high);
        }
    }
}
