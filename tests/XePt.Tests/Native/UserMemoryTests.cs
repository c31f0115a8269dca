using XePt.Native;

namespace XePt.Tests.Native;

/// <summary>Copies to and from pointers that may lead nowhere, by both ways.</summary>
public unsafe class UserMemoryTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(0x1000)]
    [InlineData(0x5001)]
    public void What_is_there_is_copied(int size)
    {
        byte[] from = [.. Enumerable.Range(0, size).Select(i => (byte)(i * 7))], to = new byte[size], piped = new byte[size];
        fixed (byte* source = from, target = to, other = piped)
        {
            var into = new byte[size];
            Assert.True(ProcessMemory.Instance.TryRead((ulong)source, into));
            Assert.Equal(from, into);
            Assert.True(ProcessMemory.Instance.TryWrite((ulong)target, into));
            Assert.Equal(from, to);
            Assert.True(PipedMemory.TryWrite(other, source, size));
            Assert.Equal(from, piped);
            Assert.True(PipedMemory.TryRead(source, target, size));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_not_there_or_protected_is_found_out(bool isPiped)
    {
        using var pages = new TwoPages();
        byte* inside = pages.EndOfFirst - 8, across = pages.EndOfFirst - 4;
        Assert.True(TryRead(inside, isPiped) && TryWrite(inside, isPiped));
        Assert.False(TryRead(across, isPiped));
        Assert.False(TryWrite(across, isPiped));
        Assert.False(TryRead(pages.EndOfFirst, isPiped));
        pages.Protect();
        Assert.True(TryRead(inside, isPiped));
        Assert.False(TryWrite(inside, isPiped));
        Assert.Equal(0, *inside);
    }

    [Fact]
    public void Nothing_can_be_copied_anywhere()
    {
        Assert.True(ProcessMemory.Instance.TryRead(8, []));
        Assert.True(ProcessMemory.Instance.TryWrite(8, []));
    }

    private static bool TryRead(byte* from, bool isPiped)
    {
        byte* into = stackalloc byte[8];
        return isPiped ? PipedMemory.TryRead(from, into, 8) : ProcessMemory.Instance.TryRead((ulong)from, new Span<byte>(into, 8));
    }

    private static bool TryWrite(byte* to, bool isPiped)
    {
        byte* from = stackalloc byte[8];
        new Span<byte>(from, 8).Fill(1);
        return isPiped ? PipedMemory.TryWrite(to, from, 8) : ProcessMemory.Instance.TryWrite((ulong)to, new Span<byte>(from, 8));
    }
}
