using System.Runtime.Intrinsics;

namespace XePt.Memory;

internal static unsafe partial class PteBlock
{
    /// <summary>Eight entries at a time.</summary>
    internal static class V512
    {
        private const int Lanes = 8;

        // Unaligned vectors at both ends overlap the rest and write the same values there: no scalar remainder, and short runs
        // (a 64 KiB page is 16 entries) are two stores without a loop.
        public static void FillSequence(ulong* dst, nuint count, ulong first, ulong stride)
        {
            if (count < Lanes)
            {
                Scalar.FillSequence(dst, count, first, stride);
                return;
            }

            Vector512<ulong> ramp = Vector512<ulong>.Indices * stride;
            (Vector512.Create(first) + ramp).Store(dst);
            (Vector512.Create(first + ((count - Lanes) * stride)) + ramp).Store(dst + count - Lanes);
            if (count <= 2 * Lanes)
                return;

            Vector512<ulong> step = Vector512.Create(stride * Lanes);
            if (count <= 4 * Lanes)
            {
                (Vector512.Create(first) + ramp + step).Store(dst + Lanes);
                (Vector512.Create(first + ((count - (2 * Lanes)) * stride)) + ramp).Store(dst + count - (2 * Lanes));
                return;
            }

            Vector512<ulong> step2 = step + step;
            Vector512<ulong> step3 = step2 + step;
            Vector512<ulong> step4 = step2 + step2;
            nuint i = EntriesToAlignment(dst, Lanes * EntryBytes);
            Vector512<ulong> next = Vector512.Create(first + (i * stride)) + ramp;
            for (; i + (4 * Lanes) <= count; i += 4 * Lanes)
            {
                next.StoreAligned(dst + i);
                (next + step).StoreAligned(dst + i + Lanes);
                (next + step2).StoreAligned(dst + i + (2 * Lanes));
                (next + step3).StoreAligned(dst + i + (3 * Lanes));
                next += step4;
            }

            for (; i + Lanes <= count; i += Lanes)
            {
                next.StoreAligned(dst + i);
                next += step;
            }
        }

        public static void FillFromAddresses(ulong* dst, ulong* addresses, nuint count, ulong orBits)
        {
            if (count < Lanes)
            {
                Scalar.FillFromAddresses(dst, addresses, count, orBits);
                return;
            }

            Vector512<ulong> bits = Vector512.Create(orBits);
            (Vector512.Load(addresses) | bits).Store(dst);
            nuint i = EntriesToAlignment(dst, Lanes * EntryBytes);
            for (; i + (4 * Lanes) <= count; i += 4 * Lanes)
            {
                (Vector512.Load(addresses + i) | bits).StoreAligned(dst + i);
                (Vector512.Load(addresses + i + Lanes) | bits).StoreAligned(dst + i + Lanes);
                (Vector512.Load(addresses + i + (2 * Lanes)) | bits).StoreAligned(dst + i + (2 * Lanes));
                (Vector512.Load(addresses + i + (3 * Lanes)) | bits).StoreAligned(dst + i + (3 * Lanes));
            }

            for (; i + Lanes <= count; i += Lanes)
                (Vector512.Load(addresses + i) | bits).StoreAligned(dst + i);
            (Vector512.Load(addresses + count - Lanes) | bits).Store(dst + count - Lanes);
        }
    }
}
