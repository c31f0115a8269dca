namespace XePt.Memory;

internal static unsafe partial class PteBlock
{
    /// <summary>One entry at a time: the definition of each kernel, and the way of machines without wide vectors.</summary>
    internal static partial class Scalar
    {
        // SAFETY, all: callers own count entries from dst on, and nothing is written outside them.

        public static void FillSequence(ulong* dst, nuint count, ulong first, ulong stride)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = first + (i * stride);
        }

        public static void FillFromPages(ulong* dst, int* distances, nuint count, ulong first)
        {
            for (nuint i = 0; i < count; i++)
                dst[i] = first + ((ulong)distances[i] << PageShift);
        }
    }
}
