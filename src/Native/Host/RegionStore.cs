using XePt.Epochs;
using XePt.Host;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>The contents of a device's memory, in files that programs can map; and of what the program has declared to be at other
/// addresses of system memory.</summary>
/// <remarks>Concurrency: any thread. Whoever touches bytes is pinned meanwhile, as walkers are in tables; the last one to leave a store
/// that is disposed frees it.</remarks>
internal unsafe class RegionStore : IGpuStore, IDisposable
{
    private readonly EpochDomain _readers = new();
    private RegionFile[] _regions = [];
    private RegionFile[] _ended = [];
    private Window[] _windows = [];
    private int _isFreed;

    private readonly record struct Window(ulong Address, ulong Bytes, nint Memory);

    /// <summary>The regions: system memory, and the VRAM of each tile.</summary>
    public IReadOnlyList<RegionFile> Regions => _regions;

    /// <summary>Device memory that pages of this process live in.</summary>
    public LiveWindows Live { get; } = new();

    /// <summary>The device is there, and this is its memory.</summary>
    /// <param name="regions">Its regions.</param>
    /// <param name="isShared">Their contents are files; else memory of this process, of which a forked child has a copy.</param>
    public void Attach(MemoryRegion[] regions, bool isShared) =>
        _regions = Array.ConvertAll(regions, region => new RegionFile(region, isShared));

    /// <summary>Declares that the program has the bytes of an interval of system memory, outside of the regions.</summary>
    /// <exception cref="XeptException">There is memory already.</exception>
    public void AddWindow(ulong address, ulong bytes, nint memory)
    {
        bool isTaken = bytes == 0 || address + bytes < address || Overlaps(_regions[0].Address, _regions[0].Bytes)
            || Array.Exists(_windows, window => Overlaps(window.Address, window.Bytes));
        if (isTaken)
            throw new XeptException(Errno.EEXIST, $"0x{address:x} to 0x{address + bytes:x} is no free interval of system memory");
        Volatile.Write(ref _windows, [.. _windows, new Window(address, bytes, memory)]);

        bool Overlaps(ulong start, ulong size) => address < start + size && start < address + bytes;
    }

    /// <summary>Bytes of the memory at an address, which lie together.</summary>
    /// <param name="address">As entries name it.</param>
    /// <param name="isDevice">Of device memory.</param>
    /// <param name="bytes">How many are wanted.</param>
    /// <param name="isWrite">They will be written.</param>
    /// <returns>Null when there is no such memory.</returns>
    public byte* Find(ulong address, bool isDevice, ulong bytes, bool isWrite)
    {
        foreach (RegionFile region in Volatile.Read(ref _regions))
        {
            if (region.IsDeviceMemory != isDevice || !region.Holds(address, bytes))
                continue;
            if (isWrite)
                region.MarkWritten(address, bytes);
            return region.At(address);
        }

        return isDevice ? null : FindWindow(address, bytes);
    }

    /// <inheritdoc/>
    public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes) => TryWrite(where.Address, where.IsDeviceMemory, bytes);

    /// <inheritdoc/>
    public bool TryRead(in Translation where, Span<byte> into) => TryRead(where.Address, where.IsDeviceMemory, into);

    /// <summary>Writes bytes.</summary>
    /// <returns>False when there is no such memory.</returns>
    public bool TryWrite(ulong address, bool isDevice, ReadOnlySpan<byte> bytes)
    {
        if (isDevice && Live.TryFind(address, out ulong place))
            return LiveBytes.TryWrite(place, bytes);
        using var pin = new Pin(this);
        byte* there = Find(address, isDevice, (ulong)bytes.Length, isWrite: true);
        if (there != null)
            WordBytes.Write(there, bytes);
        return there != null;
    }

    /// <summary>Reads bytes.</summary>
    /// <returns>False when there is no such memory.</returns>
    public bool TryRead(ulong address, bool isDevice, Span<byte> into)
    {
        if (isDevice && Live.TryFind(address, out ulong place))
            return LiveBytes.TryRead(place, into);
        using var pin = new Pin(this);
        byte* there = Find(address, isDevice, (ulong)into.Length, isWrite: false);
        if (there != null)
            WordBytes.Read(there, into);
        return there != null;
    }

    /// <inheritdoc/>
    public void Clear(in Translation where, int size)
    {
        using var pin = new Pin(this);
        // What was never written is zero, and to look at it would cost memory.
        byte* there = IsBlank(where) ? null : Find(where.Address, where.IsDeviceMemory, (ulong)size, isWrite: true);
        if (there != null)
            new Span<byte>(there, size).Clear();
    }

    /// <inheritdoc/>
    public bool TryCompareExchange(in Translation where, int bytes, ulong expected, ulong desired, out ulong found)
    {
        if (where.IsDeviceMemory && Live.TryFind(where.Address, out ulong place))
            return LiveBytes.TryCompareExchange(place, bytes, expected, desired, out found);
        using var pin = new Pin(this);
        byte* there = Find(where.Address, where.IsDeviceMemory, (ulong)bytes, isWrite: true);
        found = there == null ? 0 : WordBytes.CompareExchange(there, bytes, expected, desired);
        return there != null;
    }

    /// <summary>The device is gone: whoever is inside goes on, and nobody finds memory any more.</summary>
    public void Dispose()
    {
        _ended = Interlocked.Exchange(ref _regions, []);
        Volatile.Write(ref _windows, []);
        _readers.TellEnd(Free);
    }

    private bool IsBlank(in Translation where)
    {
        foreach (RegionFile region in Volatile.Read(ref _regions))
        {
            if (region.IsDeviceMemory == where.IsDeviceMemory && region.Holds(where.Address, 1))
                return !region.IsWritten(where.Address);
        }

        return false;
    }

    private byte* FindWindow(ulong address, ulong bytes)
    {
        foreach (Window window in Volatile.Read(ref _windows))
        {
            if (address - window.Address < window.Bytes && bytes <= window.Bytes - (address - window.Address))
                return (byte*)window.Memory + (nint)(address - window.Address);
        }

        return null;
    }

    private void Free()
    {
        if (_readers.HasReaders || Interlocked.Exchange(ref _isFreed, 1) != 0)
            return;
        foreach (RegionFile region in _ended)
            region.Dispose();
    }

    /// <summary>The store keeps its memory while one is held.</summary>
    private readonly ref struct Pin(RegionStore store)
    {
        private readonly RegionStore _store = store;
        private readonly long* _entry = store._readers.Enter();

        public void Dispose() => _store._readers.Exit(_entry);
    }
}
