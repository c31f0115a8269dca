using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace XePt;

/// <summary>
/// The contents of all memory that a GPU can address, kept as far as they were touched: zero elsewhere. System and device memory are two
/// address spaces. Give it to the device (<see cref="XeDeviceOptions.GpuStore"/>), and its VMs read and write it
/// (<see cref="XeVm.Read{T}"/>).
/// </summary>
/// <remarks>Concurrency: any thread. Aligned words of 4 and 8 bytes are read and written as a whole. The bytes never move and are kept as
/// long as the store.</remarks>
public sealed class SparseGpuStore : IGpuStore
{
    private const int ChunkShift = 16, ChunkBytes = 1 << ChunkShift;

    private readonly ConcurrentDictionary<ulong, byte[]> _system = new();
    private readonly ConcurrentDictionary<ulong, byte[]> _device = new();

    /// <summary>Bytes of host memory that the contents take.</summary>
    public long BytesKept => (long)(_system.Count + _device.Count) * ChunkBytes;

    /// <inheritdoc/>
    public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes)
    {
        Write(where.Address, where.IsDeviceMemory, bytes);
        return true;
    }

    /// <inheritdoc/>
    public bool TryRead(in Translation where, Span<byte> into)
    {
        Read(where.Address, where.IsDeviceMemory, into);
        return true;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(scoped in Translation where) => Chunk(where.Address, where.IsDeviceMemory).AsSpan(OffsetOf(where.Address));

    /// <summary>Writes at a device address, as a copy engine or the host would, across any borders.</summary>
    /// <param name="address">Device address, or DMA address of system memory.</param>
    /// <param name="isDeviceMemory">Which of both it is.</param>
    /// <param name="bytes">What to write.</param>
    public void Write(ulong address, bool isDeviceMemory, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> there = Chunk(address, isDeviceMemory).AsSpan(OffsetOf(address));
            int count = Math.Min(there.Length, bytes.Length);
            Put(bytes[..count], there, address);
            bytes = bytes[count..];
            address += (ulong)count;
        }
    }

    /// <summary>Reads at a device address; the parameters are those of <see cref="Write"/>.</summary>
    public void Read(ulong address, bool isDeviceMemory, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            int offset = OffsetOf(address), count = Math.Min(ChunkBytes - offset, into.Length);
            if (Chunks(isDeviceMemory).TryGetValue(address >> ChunkShift, out byte[]? chunk))
                Take(chunk.AsSpan(offset, count), into, address);
            else
                into[..count].Clear();
            into = into[count..];
            address += (ulong)count;
        }
    }

    private static int OffsetOf(ulong address) => (int)(address & (ChunkBytes - 1));

    private static void Put(ReadOnlySpan<byte> from, Span<byte> to, ulong address)
    {
        if (from.Length == sizeof(ulong) && address % sizeof(ulong) == 0)
            Volatile.Write(ref MemoryMarshal.AsRef<ulong>(to), MemoryMarshal.Read<ulong>(from));
        else if (from.Length == sizeof(uint) && address % sizeof(uint) == 0)
            Volatile.Write(ref MemoryMarshal.AsRef<uint>(to), MemoryMarshal.Read<uint>(from));
        else
            from.CopyTo(to);
    }

    private static void Take(ReadOnlySpan<byte> from, Span<byte> to, ulong address)
    {
        if (from.Length == sizeof(ulong) && address % sizeof(ulong) == 0)
            MemoryMarshal.Write(to, Volatile.Read(in MemoryMarshal.AsRef<ulong>(from)));
        else if (from.Length == sizeof(uint) && address % sizeof(uint) == 0)
            MemoryMarshal.Write(to, Volatile.Read(in MemoryMarshal.AsRef<uint>(from)));
        else
            from.CopyTo(to);
    }

    private ConcurrentDictionary<ulong, byte[]> Chunks(bool isDeviceMemory) => isDeviceMemory ? _device : _system;

    // Pinned ones start at an aligned address, so that words in them are aligned as their device addresses are.
    private byte[] Chunk(ulong address, bool isDeviceMemory) =>
        Chunks(isDeviceMemory).GetOrAdd(address >> ChunkShift, static _ => GC.AllocateArray<byte>(ChunkBytes, pinned: true));

    /// <summary>For example <c>GPU memory, 0x20000 bytes kept</c>.</summary>
    public override string ToString() => $"GPU memory, 0x{BytesKept:x} bytes kept";
}
