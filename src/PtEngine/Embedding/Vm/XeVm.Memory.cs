using System.Runtime.InteropServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt;

// Memory as a GPU of this VM sees it: every page by the tables of the moment, the bytes in the device's store. Any thread, while binds go
// on; nothing here allocates. What is not present in a fault-mode VM is faulted in first, as the hardware would have the driver do.
// An access is not one of a TLB's: the page may be unmapped, and its memory be somebody else's, before its bytes are read. Who cares holds
// invalidations back while it accesses (XeDevice.Tlb), as a TLB does.
public sealed partial class XeVm
{
    // Each time the page was there for a moment and was taken away again.
    private const int MostFaults = 16;

    /// <summary>Reads bytes at a GPU address, across any page borders. NULL and scratch pages give zero.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>Done, or what was in the way; <paramref name="into"/> then has the bytes up to there.</returns>
    public GpuAccess Read(ulong va, Span<byte> into, int tile = 0)
    {
        Translation where = default;
        for (int done = 0; done < into.Length;)
        {
            where = Reach(va + (ulong)done, isWrite: false, tile, out GpuAccessStatus status);
            if (status != GpuAccessStatus.Done)
                return new GpuAccess(status, done, where);
            Span<byte> part = into.Slice(done, (int)Math.Min(BytesLeft(where), (ulong)(into.Length - done)));
            if (where.Status == TranslationStatus.Null)
                part.Clear();
            else if (!TryReadStore(where, part))
                return new GpuAccess(GpuAccessStatus.NoMemory, done, where);
            done += part.Length;
        }

        return new GpuAccess(GpuAccessStatus.Done, into.Length, where);
    }

    /// <summary>Writes bytes at a GPU address, across any page borders. What goes to NULL and scratch pages vanishes.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="from">The bytes.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>Done, or what was in the way; the bytes up to there are written.</returns>
    public GpuAccess Write(ulong va, ReadOnlySpan<byte> from, int tile = 0)
    {
        Translation where = default;
        for (int done = 0; done < from.Length;)
        {
            where = Reach(va + (ulong)done, isWrite: true, tile, out GpuAccessStatus status);
            if (status != GpuAccessStatus.Done)
                return new GpuAccess(status, done, where);
            ReadOnlySpan<byte> part = from.Slice(done, (int)Math.Min(BytesLeft(where), (ulong)(from.Length - done)));
            if (where.Status != TranslationStatus.Null && !TryWriteStore(where, part))
                return new GpuAccess(GpuAccessStatus.NoMemory, done, where);
            done += part.Length;
        }

        return new GpuAccess(GpuAccessStatus.Done, from.Length, where);
    }

    /// <summary>Reads a value at a GPU address; its bytes are in little-endian order, as they are in the host.</summary>
    /// <exception cref="GpuAccessException">A page was in the way.</exception>
    public T Read<T>(ulong va, int tile = 0)
        where T : unmanaged
    {
        GpuAccess access = TryReadValue(va, out T value, tile);
        return access.IsDone ? value : throw new GpuAccessException(access);
    }

    /// <summary>Reads a value at a GPU address; false when a page was in the way, see <see cref="Read(ulong, Span{byte}, int)"/>.</summary>
    public bool TryRead<T>(ulong va, out T value, int tile = 0)
        where T : unmanaged => TryReadValue(va, out value, tile).IsDone;

    /// <summary>Writes a value at a GPU address.</summary>
    /// <exception cref="GpuAccessException">A page was in the way; the bytes up to there are written.</exception>
    public void Write<T>(ulong va, T value, int tile = 0)
        where T : unmanaged
    {
        GpuAccess access = Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), tile);
        if (!access.IsDone)
            throw new GpuAccessException(access);
    }

    /// <summary>Writes a value at a GPU address; false when a page was in the way, see
    /// <see cref="Write(ulong, ReadOnlySpan{byte}, int)"/>.</summary>
    public bool TryWrite<T>(ulong va, T value, int tile = 0)
        where T : unmanaged => Write(va, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)), tile).IsDone;

    /// <summary>The bytes themselves that are mapped from a GPU address on: as many as one leaf maps and the store keeps
    /// together.</summary>
    /// <param name="va">GPU address, aligned or not.</param>
    /// <param name="bytes">The bytes; none after a failure.</param>
    /// <param name="tile">Tile whose tables and memory view are taken.</param>
    /// <returns>False when nothing is mapped there, only NULL or scratch pages, or what the store cannot give.</returns>
    public bool TryGetSpan(ulong va, out ReadOnlySpan<byte> bytes, int tile = 0)
    {
        bool isThere = TryGetBytes(va, isWrite: false, out Span<byte> found, tile);
        bytes = found;
        return isThere;
    }

    /// <summary>As <see cref="TryGetSpan"/>, for writing: false also when the mapping is read-only.</summary>
    public bool TryGetWritableSpan(ulong va, out Span<byte> bytes, int tile = 0) => TryGetBytes(va, isWrite: true, out bytes, tile);

    private GpuAccess TryReadValue<T>(ulong va, out T value, int tile)
        where T : unmanaged
    {
        value = default;
        return Read(va, MemoryMarshal.AsBytes(new Span<T>(ref value)), tile);
    }

    private bool TryGetBytes(ulong va, bool isWrite, out Span<byte> bytes, int tile)
    {
        Translation where = Reach(va, isWrite, tile, out GpuAccessStatus status);
        bytes = status == GpuAccessStatus.Done && where.Status == TranslationStatus.Mapped && File.Device.Options.GpuStore is { } store
            ? store.GetSpan(where)
            : default;
        ulong left = BytesLeft(where);
        if ((ulong)bytes.Length > left)
            bytes = bytes[..(int)left];
        return !bytes.IsEmpty;
    }

    /// <summary>Translates an address for an access, in fault mode with the help of the driver.</summary>
    private Translation Reach(ulong va, bool isWrite, int tile, out GpuAccessStatus status)
    {
        for (int faults = 0; ; faults++)
        {
            Translation where = Translate(va, tile);
            status = where.Status switch
            {
                TranslationStatus.Mapped or TranslationStatus.Null when isWrite && !where.IsWritable => GpuAccessStatus.ReadOnly,
                TranslationStatus.Mapped or TranslationStatus.Null => GpuAccessStatus.Done,
                TranslationStatus.OutOfRange => GpuAccessStatus.OutOfRange,
                _ => GpuAccessStatus.NotPresent,
            };
            if (status != GpuAccessStatus.NotPresent || Mode != VmMode.Fault || faults == MostFaults)
                return where;
            if (Fault(va, out Fence done) != Errno.Ok)
                return where;
            // The driver may have found the mapping bound already, by a call whose stores are still to come.
            if (!done.IsSignalled || (faults > 0 && !IsIdle))
            {
                status = GpuAccessStatus.Pending;
                return where;
            }
        }
    }

    /// <summary>Bytes from the address of a translation to the end of its page, or of its large leaf.</summary>
    private static ulong BytesLeft(in Translation where) =>
        where.PageSize == 0 ? 0 : where.PageSize - (where.Va & (where.PageSize - 1));

    private bool TryReadStore(in Translation where, Span<byte> into) =>
        File.Device.Options.GpuStore is { } store && store.TryRead(where, into);

    private bool TryWriteStore(in Translation where, ReadOnlySpan<byte> from) =>
        File.Device.Options.GpuStore is { } store && store.TryWrite(where, from);
}
