using System.Runtime.InteropServices;

namespace XePt;

/// <summary>Argument structs as the bytes that a caller hands over, which may be fewer or more than the struct has.</summary>
internal static class RawArgument
{
    /// <summary>Reads a struct; a missing tail reads as zero, extra bytes are ignored.</summary>
    public static void Read<T>(ReadOnlySpan<byte> argument, out T args)
        where T : unmanaged
    {
        args = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<T>(ref args));
        argument[..Math.Min(argument.Length, bytes.Length)].CopyTo(bytes);
    }

    /// <summary>Writes a struct back, as much of it as was given.</summary>
    public static void Write<T>(in T args, Span<byte> argument)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in args));
        bytes[..Math.Min(argument.Length, bytes.Length)].CopyTo(argument);
    }
}
