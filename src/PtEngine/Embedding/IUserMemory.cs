using System.Buffers.Binary;

namespace XePt;

/// <summary>The client's memory as ioctls reach it: user arrays are read from it and user fences written to it (HST-001).</summary>
public interface IUserMemory
{
    /// <summary>Reads bytes; false when any of them is not readable, which the ioctl turns into -EFAULT.</summary>
    bool TryRead(ulong address, Span<byte> into);

    /// <summary>Writes bytes; false when any of them is not writable.</summary>
    bool TryWrite(ulong address, ReadOnlySpan<byte> from);
}

/// <summary>User memory without a process behind it: every page of 4 KiB exists, reads as zero until written, and costs nothing before that.</summary>
public sealed class SparseUserMemory : IUserMemory
{
    private const int PageBytes = 4096;

    private readonly Dictionary<ulong, byte[]> _pages = [];

    /// <inheritdoc/>
    public bool TryRead(ulong address, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int offset = (int)(address % PageBytes);
            int part = Math.Min(into.Length, PageBytes - offset);
            if (_pages.TryGetValue(address / PageBytes, out byte[]? page))
                page.AsSpan(offset, part).CopyTo(into);
            else
                into[..part].Clear();
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
            if (!_pages.TryGetValue(address / PageBytes, out byte[]? page))
                _pages[address / PageBytes] = page = new byte[PageBytes];
            from[..part].CopyTo(page.AsSpan(offset));
            from = from[part..];
            address += (ulong)part;
        }

        return true;
    }

    /// <summary>The little-endian 64-bit word at an address.</summary>
    public ulong ReadUInt64(ulong address)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        TryRead(address, word);
        return BinaryPrimitives.ReadUInt64LittleEndian(word);
    }
}
