namespace XePt.Memory;

internal static unsafe partial class PteBlock
{
    /// <summary>One entry at a time: the definition of each kernel, and the way of machines without wide vectors.</summary>
    internal static partial class Scalar
    {
        public static void FillSequence(ulong* dst, nuint count, ulong first, ulong stride)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = first + (i * stride);
        }

        public static void FillFromAddresses(ulong* dst, ulong* addresses, nuint count, ulong orBits)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = addresses[i] | orBits;
        }

        public static ulong Detect64K(ulong* addresses, nuint count)
        {
            ulong found = 0;
            for (nuint i = 0; i < count; i += PagesPer64K)
                found |= (Is64KPage(addresses + i) ? 1UL : 0) << (int)(i / PagesPer64K);
            return found;
        }

        private static bool Is64KPage(ulong* chunk)
        {
            if ((*chunk & Mask64K) != 0)
                return false;
            for (uint i = 1; i < PagesPer64K; i++)
            {
                if (chunk[i] != *chunk + (i * PageBytes))
                    return false;
            }

            return true;
        }
    }
}
