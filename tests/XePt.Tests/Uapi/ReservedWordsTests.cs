using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Tests.Uapi;

public class ReservedWordsTests
{
    [Fact]
    public void Any_set_bit_of_any_word_makes_the_array_not_zero()
    {
        AssertEveryBitCounts<UInt16x3>(array => array.IsZero);
        AssertEveryBitCounts<UInt64x2>(array => array.IsZero);
        AssertEveryBitCounts<UInt64x3>(array => array.IsZero);
        AssertEveryBitCounts<UInt64x5>(array => array.IsZero);
        AssertEveryBitCounts<UInt64x6>(array => array.IsZero);
        AssertEveryBitCounts<UInt64x7>(array => array.IsZero);
    }

    private static void AssertEveryBitCounts<T>(Func<T, bool> isZero)
        where T : unmanaged
    {
        T value = default;
        Assert.True(isZero(value));
        var bytes = MemoryMarshal.AsBytes(new Span<T>(ref value)).Length;
        for (var bit = 0; bit < 8 * bytes; bit++)
        {
            MemoryMarshal.AsBytes(new Span<T>(ref value)).Clear();
            MemoryMarshal.AsBytes(new Span<T>(ref value))[bit / 8] = (byte)(1 << (bit % 8));
            Assert.False(isZero(value), $"{typeof(T).Name} bit {bit}");
        }
    }
}
