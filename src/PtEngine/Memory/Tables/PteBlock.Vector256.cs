using System.Runtime.Intrinsics;

namespace XePt.Memory;

internal static unsafe partial class PteBlock
{
    /// <summary>Four entries at a time.</summary>
    internal static class V256
    {
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

        public static void FillTableFromAddresses(ulong* table, ulong* addresses, ulong orBits)
        {
            Vector256<ulong> bits = Vector256.Create(orBits);
            ulong* end = table + EntriesPerTable;
            for (ulong* at = table, from = addresses; at < end; at += 8 * Lanes, from += 8 * Lanes)
            {
                (Vector256.Load(from) | bits).StoreAligned(at);
                (Vector256.Load(from + Lanes) | bits).StoreAligned(at + Lanes);
                (Vector256.Load(from + (2 * Lanes)) | bits).StoreAligned(at + (2 * Lanes));
                (Vector256.Load(from + (3 * Lanes)) | bits).StoreAligned(at + (3 * Lanes));
                (Vector256.Load(from + (4 * Lanes)) | bits).StoreAligned(at + (4 * Lanes));
                (Vector256.Load(from + (5 * Lanes)) | bits).StoreAligned(at + (5 * Lanes));
                (Vector256.Load(from + (6 * Lanes)) | bits).StoreAligned(at + (6 * Lanes));
                (Vector256.Load(from + (7 * Lanes)) | bits).StoreAligned(at + (7 * Lanes));
            }
        }

        public static void FillFromAddresses(ulong* dst, ulong* addresses, nuint count, ulong orBits)
        {
            if (count < Lanes)
            {
                Scalar.FillFromAddresses(dst, addresses, count, orBits);
                return;
            }

            Vector256<ulong> bits = Vector256.Create(orBits);
            (Vector256.Load(addresses) | bits).Store(dst);
            nuint i = EntriesToAlignment(dst, Lanes * EntryBytes);
            for (; i + (8 * Lanes) <= count; i += 8 * Lanes)
            {
                (Vector256.Load(addresses + i) | bits).StoreAligned(dst + i);
                (Vector256.Load(addresses + i + Lanes) | bits).StoreAligned(dst + i + Lanes);
                (Vector256.Load(addresses + i + (2 * Lanes)) | bits).StoreAligned(dst + i + (2 * Lanes));
                (Vector256.Load(addresses + i + (3 * Lanes)) | bits).StoreAligned(dst + i + (3 * Lanes));
                (Vector256.Load(addresses + i + (4 * Lanes)) | bits).StoreAligned(dst + i + (4 * Lanes));
                (Vector256.Load(addresses + i + (5 * Lanes)) | bits).StoreAligned(dst + i + (5 * Lanes));
                (Vector256.Load(addresses + i + (6 * Lanes)) | bits).StoreAligned(dst + i + (6 * Lanes));
                (Vector256.Load(addresses + i + (7 * Lanes)) | bits).StoreAligned(dst + i + (7 * Lanes));
            }

            for (; i + Lanes <= count; i += Lanes)
                (Vector256.Load(addresses + i) | bits).StoreAligned(dst + i);
            (Vector256.Load(addresses + count - Lanes) | bits).Store(dst + count - Lanes);
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
