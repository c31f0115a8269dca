using System.Runtime.InteropServices;
using XePt.Tests.Bind;

namespace XePt.Tests.Embedding;

/// <summary>How the arrays of an untyped call are read.</summary>
public class UserArraysTests
{
    private const ulong At = 0x10_0000, Hole = 0xdead_0000;

    private readonly SparseUserMemory _memory = new();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(5000, 1)]
    [InlineData(100_000, 2)]
    public void An_array_of_any_length_is_read_as_it_is_in_few_pieces(int count, int reads)
    {
        ulong[] items = [.. Enumerable.Range(0, count).Select(i => (ulong)i * 3)];
        _memory.TryWrite(At, MemoryMarshal.AsBytes<ulong>(items));
        var counting = new Counting(_memory);
        using UserArrays arrays = UserArrays.Rent(counting);
        Assert.Equal(items, arrays.Read<ulong>(At, count).ToArray());
        Assert.InRange(counting.Reads, count == 0 ? 0 : 1, 8 * reads);
    }

    [Fact]
    public void Arrays_of_one_call_stay_while_others_are_read_and_grow()
    {
        _memory.TryWrite(At, [1, 2, 3]);
        _memory.TryWrite(2 * At, MemoryMarshal.AsBytes<ulong>([.. Enumerable.Range(0, 40_000).Select(i => (ulong)i)]));
        using UserArrays arrays = UserArrays.Rent(_memory);
        ReadOnlySpan<byte> first = arrays.Read<byte>(At, 3);
        ReadOnlySpan<ulong> second = arrays.Read<ulong>(2 * At, 40_000);
        ReadOnlySpan<byte> third = arrays.Read<byte>(At, 2);
        Assert.Equal([1, 2, 3], first.ToArray());
        Assert.Equal((0ul, 39_999ul), (second[0], second[^1]));
        Assert.Equal([1, 2], third.ToArray());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3000)]
    public void Reading_ends_before_the_first_element_that_is_not_there(int readable)
    {
        using UserArrays arrays = UserArrays.Rent(new MemoryWithHole(_memory));
        Assert.Equal(readable, arrays.Read<ulong>(Hole - (8 * (ulong)readable), 1 << 20).Length);
    }

    [Fact]
    public void Nothing_is_read_of_an_empty_array()
    {
        var counting = new Counting(_memory);
        using UserArrays arrays = UserArrays.Rent(counting);
        Assert.True(arrays.Read<uint>(At, 0).IsEmpty);
        Assert.Equal(0, counting.Reads);
        Assert.Equal(5, arrays.Read<uint>(0, 5).Length);
    }

    [Fact]
    public void A_call_made_while_arrays_are_read_has_a_buffer_of_its_own()
    {
        _memory.TryWrite(At, [1]);
        _memory.TryWrite(At + 8, [2]);
        using UserArrays outer = UserArrays.Rent(_memory);
        ReadOnlySpan<byte> first = outer.Read<byte>(At, 1);
        using (UserArrays inner = UserArrays.Rent(_memory))
        {
            Assert.NotSame(outer, inner);
            Assert.Equal(2, inner.Read<byte>(At + 8, 1)[0]);
        }

        Assert.Equal(1, first[0]);
    }

    private sealed class Counting(IUserMemory inner) : IUserMemory
    {
        public int Reads { get; private set; }

        public bool TryRead(ulong address, Span<byte> into)
        {
            Reads++;
            return inner.TryRead(address, into);
        }

        public bool TryWrite(ulong address, ReadOnlySpan<byte> from) => inner.TryWrite(address, from);
    }
}
