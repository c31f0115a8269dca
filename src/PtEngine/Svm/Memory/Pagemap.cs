using XePt.Host;
using XePt.Memory;

namespace XePt.Svm;

/// <summary>The memory of one tile as pages that processes can live in (a "pagemap"), and its blocks that are in no use.</summary>
/// <remarks>Concurrency: any thread takes and returns blocks; both take the gate, a leaf.</remarks>
internal sealed class Pagemap(MirrorDevice device, int number, int tile, MemoryRegion region)
{
    // Bus addresses of device memory: a window of 256 GiB for each tile.
    private const ulong PeerWindow = 1UL << 44;
    private const int PeerShift = 38;

    private readonly Stack<SvmBlock>[] _idle = [new(), new(), new()];
    private SpinGate _gate;

    public MirrorDevice Device { get; } = device;

    /// <summary>Tells it from the others of the interconnect; at least 1.</summary>
    public int Number { get; } = number;

    public int Tile { get; } = tile;

    /// <summary>Region instance of the memory.</summary>
    public int Region { get; } = region.Instance;

    /// <summary>Device address of its first byte.</summary>
    public ulong Base { get; } = region.AddressBias;

    /// <summary>Where the first byte is for other devices of the interconnect (SVM-097).</summary>
    public ulong PeerBase { get; } = PeerWindow + ((ulong)number << PeerShift);

    /// <summary>Bytes of the memory.</summary>
    public ulong Size { get; } = region.TotalBytes;

    /// <summary>Its bytes.</summary>
    public IDeviceBytes Bytes { get; } = device.BytesOf(region.Instance);

    /// <summary>Takes an address apart that leads to memory of another device.</summary>
    /// <param name="address">What entries hold.</param>
    /// <param name="number">Number of the pagemap.</param>
    /// <param name="offset">Offset in its memory.</param>
    /// <returns>False when it leads elsewhere.</returns>
    public static bool TryReadPeerAddress(ulong address, out int number, out ulong offset)
    {
        number = (int)((address - PeerWindow) >> PeerShift);
        offset = address & ((1UL << PeerShift) - 1);
        return address >= PeerWindow;
    }

    /// <summary>A block object for a range of a size, without memory yet.</summary>
    public SvmBlock Rent(ulong size)
    {
        _gate.Enter();
        _ = _idle[SizeClass(size)].TryPop(out SvmBlock? block);
        _gate.Exit();
        return block ?? new SvmBlock(this, size);
    }

    /// <summary>Nobody uses the object any more.</summary>
    public void Return(SvmBlock block)
    {
        _gate.Enter();
        _idle[SizeClass(block.Size)].Push(block);
        _gate.Exit();
    }

    private static int SizeClass(ulong size) => size >= PageSizes.Size2M ? 2 : size >= PageSizes.Size64K ? 1 : 0;
}
