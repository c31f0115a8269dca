using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace XePt;

/// <summary>The client's memory as ioctls reach it: user arrays are read from it and user fences written to it (HST-001).</summary>
public interface IUserMemory
{
    /// <summary>Reads bytes; false when any of them is not readable, which the ioctl turns into -EFAULT.</summary>
    bool TryRead(ulong address, Span<byte> into);

    /// <summary>Writes bytes; false when any of them is not writable.</summary>
    bool TryWrite(ulong address, ReadOnlySpan<byte> from);
}

/// <summary>User memory without a process behind it: every page of 4 KiB exists, reads as zero until written, and costs nothing before
/// that.</summary>
/// <remarks>Concurrency: any thread reads and writes; an aligned 8-byte word is read and written as a whole.</remarks>
public sealed class SparseUserMemory : IUserMemory
{
    private const int PageBytes = 4096;

    private readonly ConcurrentDictionary<ulong, byte[]> _pages = [];

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int offset = (int)(address % PageBytes);
            int part = Math.Min(into.Length, PageBytes - offset);
            if (!_pages.TryGetValue(address / PageBytes, out byte[]? page))
                into[..part].Clear();
            else if (IsWord(offset, part))
                MemoryMarshal.Write(into, Volatile.Read(ref WordAt(page, offset)));
            else
                page.AsSpan(offset, part).CopyTo(into);
            into = into[part..];
            address += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(ulong address, ReadOnlySpan<byte> from)
    {
        while (!from.IsEmpty)
        {
            int offset = (int)(address % PageBytes);
            int part = Math.Min(from.Length, PageBytes - offset);
            byte[] page = _pages.GetOrAdd(address / PageBytes, static _ => new byte[PageBytes]);
            if (IsWord(offset, part))
                Volatile.Write(ref WordAt(page, offset), MemoryMarshal.Read<ulong>(from));
            else
                from[..part].CopyTo(page.AsSpan(offset));
            from = from[part..];
            address += (ulong)part;
        }

        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => $"user memory, 0x{(ulong)_pages.Count * PageBytes:x} bytes written";

    private static bool IsWord(int offset, int bytes) => bytes == sizeof(ulong) && offset % sizeof(ulong) == 0;

    private static ref ulong WordAt(byte[] page, int offset) => ref MemoryMarshal.Cast<byte, ulong>(page.AsSpan())[offset / sizeof(ulong)];

    /// <summary>The little-endian 64-bit word at an address.</summary>
    public ulong ReadUInt64(ulong address)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        return TryRead(address, word) ? BinaryPrimitives.ReadUInt64LittleEndian(word) : 0;
    }
}
