using XePt.Memory;

namespace XePt.Native;

/// <summary>The bytes of a region of a device's memory: a file in memory, which others can map, or memory of this process alone; this
/// library sees it as a whole. It is made when it is first needed, and costs what was written.</summary>
/// <remarks>Concurrency: any thread. The mapping and the marks only come; <see cref="Dispose"/> is for when nobody is inside.</remarks>
internal sealed unsafe class RegionFile(MemoryRegion region, bool isShared) : IDisposable
{
    private const int PieceShift = 21;

    private readonly byte[] _written = new byte[(region.TotalBytes >> PieceShift) + 1];
    private readonly Lock _making = new();
    private int _fd = -1;
    private nint _bytes;

    /// <summary>Its contents are a file.</summary>
    public bool IsShared => isShared;

    /// <summary>Entries name it as device memory.</summary>
    public bool IsDeviceMemory => region.IsVram;

    /// <summary>Address of the first byte, as entries name it.</summary>
    public ulong Address => region.FirstAddress;

    /// <summary>How many bytes there are.</summary>
    public ulong Bytes => region.TotalBytes;

    /// <summary>How many of them the CPU can reach.</summary>
    public ulong VisibleBytes => region.VisibleBytes;

    /// <summary>The file, which this keeps; -1 when the system has none.</summary>
    public int Fd => Start() != 0 ? _fd : -1;

    /// <summary>An interval of addresses is in the region.</summary>
    public bool Holds(ulong address, ulong bytes) => address - Address < Bytes && bytes <= Bytes - (address - Address);

    /// <summary>Something was written to the 2 MiB of an address, or may have been.</summary>
    public bool IsWritten(ulong address) => Volatile.Read(ref _written[(address - Address) >> PieceShift]) != 0;

    /// <summary>Whatever is written to an interval from now on, nobody tells.</summary>
    public void MarkWritten(ulong address, ulong bytes)
    {
        ulong first = (address - Address) >> PieceShift, last = (address - Address + Math.Max(bytes, 1) - 1) >> PieceShift;
        for (ulong piece = first; piece <= last; piece++)
            Volatile.Write(ref _written[piece], 1);
    }

    /// <summary>The bytes at an address of the region; null when the system has no memory for it.</summary>
    public byte* At(ulong address) => Start() is var bytes && bytes != 0 ? (byte*)(bytes + (nint)(address - Address)) : null;

    /// <summary>Maps an interval of the region over addresses that the caller has reserved.</summary>
    /// <returns>False when the system cannot.</returns>
    public bool TryMap(nint over, ulong address, ulong bytes, bool isWritable) =>
        LibC.Map(
            over, (nuint)bytes, LibC.ProtRead | (isWritable ? LibC.ProtWrite : 0), LibC.MapShared | LibC.MapFixed, Fd,
            (long)(address - Address)) == over;

    /// <summary>Puts other shared memory of this process in place of an interval, which then has the same bytes.</summary>
    /// <returns>False when the system cannot.</returns>
    public bool TryShow(ulong address, nint memory, ulong bytes)
    {
        MarkWritten(address, bytes);
        nint place = (nint)At(address);
        // From a size of 0 the system makes a second mapping of the same pages.
        return place != 0 && LibC.Remap(memory, 0, (nuint)bytes, LibC.RemapMayMove | LibC.RemapFixed, place) == place;
    }

    /// <summary>Puts memory of its own, all zero, in place of an interval.</summary>
    public void Blank(ulong address, ulong bytes)
    {
        const int Flags = LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve | LibC.MapFixed;
        nint place = (nint)At(address);
        if (place != 0)
            _ = LibC.Map(place, (nuint)bytes, LibC.ProtRead | LibC.ProtWrite, Flags, -1, 0);
    }

    /// <summary>Gives it back.</summary>
    public void Dispose()
    {
        if (_bytes == 0)
            return;
        _ = LibC.Unmap(_bytes, (nuint)Bytes);
        if (_fd >= 0)
            _ = LibC.Close(_fd);
    }

    // 0 without memory.
    private nint Start() => Volatile.Read(ref _bytes) is var bytes && bytes != 0 ? bytes : Make();

    private nint Make()
    {
        using Lock.Scope scope = _making.EnterScope();
        if (_bytes != 0)
            return _bytes;
        if (!isShared)
        {
            nint own = LibC.Map(
                0, (nuint)Bytes, LibC.ProtRead | LibC.ProtWrite, LibC.MapPrivate | LibC.MapAnonymous | LibC.MapNoReserve, -1, 0);
            Volatile.Write(ref _bytes, own == -1 ? 0 : own);
            return _bytes;
        }

        int fd = LibC.CreateMemoryFile($"xept region {region.Instance}", LibC.CloseOnExec);
        nint bytes = fd >= 0 && LibC.Resize(fd, (long)Bytes) == 0
            ? LibC.Map(0, (nuint)Bytes, LibC.ProtRead | LibC.ProtWrite, LibC.MapShared | LibC.MapNoReserve, fd, 0) : -1;
        if (bytes == -1)
        {
            if (fd >= 0)
                _ = LibC.Close(fd);
            return 0;
        }

        _fd = fd;
        Volatile.Write(ref _bytes, bytes);
        return bytes;
    }
}
