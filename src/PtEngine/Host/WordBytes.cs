using System.Runtime.CompilerServices;

namespace XePt.Host;

/// <summary>Bytes of memory that several threads use: aligned words of 4 and 8 bytes move as a whole.</summary>
internal static unsafe class WordBytes
{
    // SAFETY, all: the caller's bytes are there, as many as the span has or as named.
    public static void Read(byte* from, Span<byte> into)
    {
        if (into.Length == sizeof(ulong) && ((nuint)from & 7) == 0)
            Unsafe.WriteUnaligned(ref into[0], Volatile.Read(ref *(ulong*)from));
        else if (into.Length == sizeof(uint) && ((nuint)from & 3) == 0)
            Unsafe.WriteUnaligned(ref into[0], Volatile.Read(ref *(uint*)from));
        else
            new ReadOnlySpan<byte>(from, into.Length).CopyTo(into);
    }

    public static void Write(byte* to, ReadOnlySpan<byte> from)
    {
        if (from.Length == sizeof(ulong) && ((nuint)to & 7) == 0)
            Volatile.Write(ref *(ulong*)to, Unsafe.ReadUnaligned<ulong>(in from[0]));
        else if (from.Length == sizeof(uint) && ((nuint)to & 3) == 0)
            Volatile.Write(ref *(uint*)to, Unsafe.ReadUnaligned<uint>(in from[0]));
        else
            from.CopyTo(new Span<byte>(to, from.Length));
    }

    /// <summary>Puts a word in place of an expected one.</summary>
    /// <returns>What was there.</returns>
    public static ulong CompareExchange(byte* at, int bytes, ulong expected, ulong desired) => bytes == sizeof(ulong)
        ? Interlocked.CompareExchange(ref *(ulong*)at, desired, expected)
        : Interlocked.CompareExchange(ref *(uint*)at, (uint)desired, (uint)expected);
}
