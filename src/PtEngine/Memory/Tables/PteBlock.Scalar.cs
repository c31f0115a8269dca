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
    }
}
