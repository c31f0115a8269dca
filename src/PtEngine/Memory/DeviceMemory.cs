using XePt.Devices;
using XePt.Uapi;

namespace XePt.Memory;

/// <summary>
/// Physical memory of a device: its regions, the page-table window of each tile, and where every BO's bytes are. BOs get real block lists
/// from a buddy allocator, or the runs the embedder supplies.
/// </summary>
internal sealed class DeviceMemory : IDisposable
{
    private const ulong SystemStart = 1UL << 32;
    private const ulong SystemTableWindow = 1UL << 36;
    private const ulong SystemTableBytes = 4UL << 30;

    private readonly PlatformInfo _platform;
    private readonly AllocationGate _gate;
    private readonly Dictionary<BufferObject, BlockList> _blocks = [];

    /// <param name="tableWindow">Device address of the page-table window of tile 0, or null for the platform's own place.</param>
    public DeviceMemory(PlatformInfo platform, AllocationGate gate, ulong? tableWindow = null)
    {
        (_platform, _gate) = (platform, gate);
        Bos = new BoTable { Released = Release };
        var regions = new List<MemoryRegion> { NewRegion(0, SystemStart, platform.SystemMemoryBytes, platform.SystemMemoryBytes, 0) };
        Pools = new PageTablePool[platform.TileCount];
        for (int tile = 0; tile < platform.TileCount; tile++)
        {
            ulong window = SystemTableWindow + ((ulong)tile * SystemTableBytes), bytes = SystemTableBytes;
            if (platform.IsDiscrete)
            {
                ulong total = platform.VramBytesPerTile;
                bytes = Math.Min(SystemTableBytes, total / 8) & ~(PageSizes.Size2M - 1);
                regions.Add(NewRegion(tile + 1, 0, total - bytes, total, platform.VramDpaBase[tile]));
                window = platform.VramDpaBase[tile] + total - bytes;
            }

            Pools[tile] = new PageTablePool(tile == 0 && tableWindow is { } given ? given : window, bytes);
        }

        Regions = [.. regions];
    }

    public BoTable Bos { get; }

    public MemoryRegion[] Regions { get; }

    /// <summary>Page-table pages of each tile.</summary>
    public PageTablePool[] Pools { get; }

    /// <summary>BOs that changed place and whose mappings still show the old one, with the backing to drop afterwards.</summary>
    public Queue<MovedBo> Moved { get; } = [];

    /// <summary>Called when a BO has left its place for a new one, before anything is bound to the new one.</summary>
    public Action<BufferObject>? Moving { get; set; }

    /// <summary>Gives a BO memory if it has none yet: VRAM regions in bit order, then system (BIND-039).</summary>
    public Errno EnsureBacking(BufferObject bo)
    {
        if (bo.Backing is not null)
            return Errno.Ok;

        for (int instance = 1; instance <= Regions.Length; instance++)
        {
            int region = instance % Regions.Length;
            if ((bo.Placements & (1u << region)) != 0 && TryAllocate(bo, region))
                return Errno.Ok;
        }

        return Errno.ENOMEM;
    }

    /// <summary>Moves a BO into a region; its mappings are brought up to date by whoever drains <see cref="Moved"/>.</summary>
    /// <returns>Ok or -ENOMEM; then the BO stays where it is.</returns>
    public Errno Move(BufferObject bo, int region)
    {
        Backing? oldBacking = bo.Backing;
        _blocks.Remove(bo, out BlockList oldBlocks);
        int oldRegion = bo.Region;
        if (!TryAllocate(bo, region))
        {
            if (oldBlocks.Count > 0)
                _blocks[bo] = oldBlocks;
            return Errno.ENOMEM;
        }

        Leave(bo, oldBacking, oldBlocks, oldRegion);
        return Errno.Ok;
    }

    /// <summary>Puts memory of the embedder's choice behind a BO, in a region.</summary>
    public void Supply(BufferObject bo, int region, ReadOnlySpan<Segment> segments)
    {
        Backing? oldBacking = bo.Backing;
        _blocks.Remove(bo, out BlockList oldBlocks);
        int oldRegion = bo.Region;
        bo.Backing = Backing.Create(segments, bo.Size, Regions[region].AddressBias);
        bo.Region = region;
        Leave(bo, oldBacking, oldBlocks, oldRegion);
    }

    /// <summary>Frees the memory a moved BO has left.</summary>
    public void Drop(in MovedBo moved)
    {
        moved.OldBacking.Dispose();
        BlockList blocks = moved.OldBlocks;
        Regions[moved.OldRegion].Allocator.Free(ref blocks);
    }

    /// <summary>Frees the table pages. Not called while a walker may be in them.</summary>
    public void DisposeTables()
    {
        foreach (PageTablePool pool in Pools)
            pool.Dispose();
    }

    public void Dispose()
    {
        foreach (MemoryRegion region in Regions)
            region.Dispose();
    }

    private MemoryRegion NewRegion(int instance, ulong start, ulong bytes, ulong total, ulong bias) =>
        new(instance, new BuddyAllocator(start, bytes, bytes, _gate), total, bias);

    private bool TryAllocate(BufferObject bo, int region)
    {
        MemoryRegion from = Regions[region];
        ulong minBlock = from.IsVram && (bo.Is64KInternal || _platform.VramNeeds64K) ? PageSizes.Size64K : PageSizes.Size4K;
        BlockList blocks = default;
        if (!from.Allocator.TryAllocate(bo.Size, minBlock, ref blocks))
            return false;

        bo.Backing = Backing.Create(SegmentsOf(blocks, from.Kind), bo.Size, from.AddressBias);
        bo.Region = region;
        _blocks[bo] = blocks;
        return true;
    }

    private void Leave(BufferObject bo, Backing? oldBacking, in BlockList oldBlocks, int oldRegion)
    {
        if (oldBacking is null)
            return;
        Moved.Enqueue(new MovedBo(bo, oldBacking, oldBlocks, oldRegion));
        Moving?.Invoke(bo);
    }

    private static Segment[] SegmentsOf(in BlockList blocks, SegmentKind kind)
    {
        var segments = new Segment[blocks.Count];
        ulong offset = 0;
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new Segment(offset, blocks[i].Address, kind);
            offset += blocks[i].Size;
        }

        return segments;
    }

    private void Release(BufferObject bo)
    {
        bo.Backing?.Dispose();
        bo.Backing = null;
        if (_blocks.Remove(bo, out BlockList blocks))
            Regions[bo.Region].Allocator.Free(ref blocks);
    }
}

/// <summary>A BO that changed place, with what it left behind.</summary>
/// <param name="Bo">The BO, already at its new place.</param>
/// <param name="OldBacking">The backing its mappings still show.</param>
/// <param name="OldBlocks">Blocks to free with it; empty when the embedder supplied the memory.</param>
/// <param name="OldRegion">Region of the old backing.</param>
internal readonly record struct MovedBo(BufferObject Bo, Backing OldBacking, BlockList OldBlocks, int OldRegion);
