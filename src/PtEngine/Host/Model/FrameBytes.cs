using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XePt.Host;

/// <summary>Sizes inside pages of 4 KiB.</summary>
internal static class PageBytes
{
    public const int Size = 4096;
    public const int Shift = 12;

    /// <summary>Bytes from an address on that are in its page, of as many as are wanted.</summary>
    public static int PartOf(ulong address, int wanted) => Math.Min(wanted, Size - (int)(address & (Size - 1)));

    public static bool IsAligned(ulong address) => (address & (Size - 1)) == 0;
}

/// <summary>Reads and writes the bytes of frames; an aligned word of 4 or 8 bytes as a whole. Inside the machine's gate.</summary>
internal readonly unsafe struct FrameBytes(FrameStore frames)
{
    /// <summary>Reads from a frame.</summary>
    /// <param name="frame">In use.</param>
    /// <param name="address">Any address with the offset in the page.</param>
    /// <param name="into">Not across the end of the page.</param>
    public void Read(long frame, ulong address, Span<byte> into)
    {
        byte* bytes = frames[frame].Bytes;
        if (bytes == null)
        {
            into.Clear();
            return;
        }

        // SAFETY: the bytes are a whole page, and the caller stays in it. Words are aligned in the page and the page to 16 bytes at least.
        byte* at = bytes + (address & (PageBytes.Size - 1));
        if (into.Length == sizeof(ulong) && (address & (sizeof(ulong) - 1)) == 0)
            MemoryMarshal.Write(into, Volatile.Read(ref *(ulong*)at));
        else if (into.Length == sizeof(uint) && (address & (sizeof(uint) - 1)) == 0)
            MemoryMarshal.Write(into, Volatile.Read(ref *(uint*)at));
        else
            new ReadOnlySpan<byte>(at, into.Length).CopyTo(into);
    }

    /// <summary>Writes to a frame, parameters as for <see cref="Read"/>; false without memory.</summary>
    public bool TryWrite(long frame, ulong address, ReadOnlySpan<byte> from)
    {
        byte* bytes = frames.TryWrite(frame);
        if (bytes == null)
            return false;

        // SAFETY: as above.
        byte* at = bytes + (address & (PageBytes.Size - 1));
        if (from.Length == sizeof(ulong) && (address & (sizeof(ulong) - 1)) == 0)
            Volatile.Write(ref *(ulong*)at, MemoryMarshal.Read<ulong>(from));
        else if (from.Length == sizeof(uint) && (address & (sizeof(uint) - 1)) == 0)
            Volatile.Write(ref *(uint*)at, MemoryMarshal.Read<uint>(from));
        else
            from.CopyTo(new Span<byte>(at, from.Length));
        return true;
    }

    /// <summary>A word of 4 or 8 bytes, aligned; false without memory.</summary>
    public bool TryCompareExchange(long frame, ulong address, int bytes, ulong expected, ulong desired, out ulong found)
    {
        found = 0;
        byte* page = frames.TryWrite(frame);
        if (page == null)
            return false;

        // SAFETY: as above.
        ref byte at = ref page[address & (PageBytes.Size - 1)];
        found = bytes == sizeof(ulong)
            ? Interlocked.CompareExchange(ref Unsafe.As<byte, ulong>(ref at), desired, expected)
            : Interlocked.CompareExchange(ref Unsafe.As<byte, uint>(ref at), (uint)desired, (uint)expected);
        return true;
    }
}
