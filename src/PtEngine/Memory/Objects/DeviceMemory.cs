using XePt.Devices;
using XePt.Uapi;

namespace XePt.Memory;

/// <summary>
/// Physical memory of a device: its regions, the page-table window of each tile, and where every BO's bytes are. BOs get real block lists
/// from a buddy allocator, or the runs the embedder supplies. Who must be told when a BO moves is not known here.
/// </summary>
/// <remarks>Concurrency: VMs on different threads place and free BOs at the same time, so every call that touches an allocator takes the
/// gate. Nothing is entered or waited for inside but the gates of reservations, which are leaves. A BO that has memory keeps it until
/// someone who is inside every VM moves it, so who is inside a VM looks at it without lock. Others (<see cref="PiecesOf"/>) look under the
/// gate: a place is freed there, and only after its BO has another one or none.</remarks>
internal sealed class DeviceMemory : IDisposable
{
    private const ulong SystemStart = 1UL << 32;
    private const ulong SystemTableWindow = 1UL << 36;
    private const ulong SystemTableBytes = 4UL << 30;

    private readonly PlatformInfo _platform;
    private readonly IVramAccount? _account;
    private SpinGate _gate;
    private long _useClock;
    private bool _isDisposed;

    /// <param name="tableWindow">Device address of the page-table window of tile 0, or null for the platform's own place.</param>
    /// <param name="visibleVram">Bytes of each tile's VRAM that the CPU can reach, or null for all.</param>
    /// <param name="account">Counts the VRAM that other engines take, too; null when there are none.</param>
    /// <exception cref="InsufficientMemoryException">The host has no memory for the book-keeping.</exception>
    public DeviceMemory(
        PlatformInfo platform, AllocationGate gate, ulong? tableWindow = null, ulong? visibleVram = null, IVramAccount? account = null)
    {
        (_platform, _account) = (platform, account);
        Bos = new BoTable { Released = Release };
        Regions = new MemoryRegion[platform.IsDiscrete ? platform.TileCount + 1 : 1];
        Pools = new PageTablePool[platform.TileCount];
        try
        {
            MakeRegions(gate, tableWindow, visibleVram);
        }
        catch (InsufficientMemoryException)
        {
            DisposeTables();
            Dispose();
            throw;
        }
    }

    public BoTable Bos { get; }

    public MemoryRegion[] Regions { get; }

    /// <summary>Offsets for mmap, of which every BO of <see cref="Bos"/> has taken its share.</summary>
    public MmapSpace Mmap { get; } = new();

    /// <summary>Page-table pages of each tile.</summary>
    public PageTablePool[] Pools { get; }

    /// <summary>Called before the memory of a BO that nobody references any more is freed.</summary>
    public Action<BufferObject>? Releasing { get; set; }

    /// <summary>Called when a BO without memory has got some, before anybody else can see that it has.</summary>
    public Action<BufferObject, BoPlace>? Placing { get; set; }

    /// <summary>Gives a BO that has none memory of a region; Ok also when another thread has just done so.</summary>
    /// <param name="bo">The BO.</param>
    /// <param name="region">The region.</param>
    /// <param name="claims">Other engines are to make room where none is free (<see cref="IVramAccount"/>).</param>
    /// <returns>Ok; -ENOSPC when the region has no room, and driving out others may help; -ENOMEM when the host has no memory, and it does
    /// not.</returns>
    public Errno Place(BufferObject bo, int region, bool claims = false)
    {
        _gate.Enter();
        try
        {
            return bo.Backing is not null ? Errno.Ok : Take(bo, region, claims, Placing);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Gives a BO memory of another region in place of what it has. The caller frees what it left.</summary>
    /// <returns>As <see cref="Place"/>; after an errno the BO is where it was.</returns>
    public Errno Move(BufferObject bo, int region, bool claims, out BoPlace? left)
    {
        left = bo.Place;
        _gate.Enter();
        try
        {
            return Take(bo, region, claims, taken: null);
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Puts memory of the embedder's choice behind a BO. The caller frees what it left.</summary>
    /// <returns>Ok; -ENOMEM when the host has no memory, and then the BO is where it was.</returns>
    public Errno Supply(BufferObject bo, int region, ReadOnlySpan<Segment> segments, out BoPlace? left)
    {
        left = bo.Place;
        if (Backing.TryCreate(segments, bo.Size, Regions[region].AddressBias) is not { } backing)
            return Errno.ENOMEM;
        bo.Place = new BoPlace(backing, default, region);
        return Errno.Ok;
    }

    /// <summary>Frees a place that no BO is in any more.</summary>
    public void Free(BoPlace? place)
    {
        if (place is null)
            return;
        BlockList blocks = place.Blocks;
        _gate.Enter();
        ulong size = place.Backing.Size;
        place.Backing.Dispose();
        GiveBack(Regions[place.Region], size, ref blocks);
        _gate.Exit();
    }

    /// <summary>Takes a contiguous piece of a region, aligned to its size.</summary>
    /// <param name="region">The region.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="claims">As for <see cref="Place"/>.</param>
    /// <param name="memory">Receives the piece.</param>
    /// <returns>Ok; -ENOSPC when there is none.</returns>
    public Errno TakeBlock(int region, ulong size, bool claims, ref BlockList memory)
    {
        _gate.Enter();
        try
        {
            MemoryRegion from = Regions[region];
            return !_isDisposed && from.Allocator.TryAllocate(size, size, ref memory) && IsCounted(from, size, claims, ref memory)
                ? Errno.Ok : Errno.ENOSPC;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Gives a piece back.</summary>
    public void ReturnBlock(int region, ulong size, ref BlockList memory)
    {
        _gate.Enter();
        GiveBack(Regions[region], size, ref memory);
        _gate.Exit();
    }

    /// <summary>Other engines take of the same VRAM.</summary>
    public bool IsShared => _account is not null;

    /// <summary>How much of a region objects have taken, and those of other engines of the same device.</summary>
    public VramUse Look(MemoryRegion region) =>
        region.IsVram && _account is not null ? _account.Look(region.Instance - 1, region.Allocator.Size)
            : new VramUse(region.Allocator.UsedBytes, Others: 0, Asked: 0);

    /// <summary>The pieces of memory behind a BO: address in the region, and bytes. Any thread; none while the BO has no memory.</summary>
    public (ulong Address, ulong Size)[] PiecesOf(BufferObject bo)
    {
        _gate.Enter();
        (ulong, ulong)[] pieces = [];
        if (bo.Backing is { } backing)
        {
            pieces = new (ulong, ulong)[backing.SegmentCount];
            ReadOnlySpan<Segment> segments = backing.Segments;
            for (int i = 0; i < pieces.Length; i++)
            {
                ulong end = i + 1 < pieces.Length ? segments[i + 1].Offset : backing.Size;
                pieces[i] = (segments[i].Address, end - segments[i].Offset);
            }
        }

        _gate.Exit();
        return pieces;
    }

    /// <summary>Bytes of the smallest region that an object may be in, for who explains why it does not fit (BIND-034a).</summary>
    public ulong RoomFor(BufferObject bo) => Regions.Where(region => bo.MayBeIn(region.Instance)).Min(region => region.RoomFor(bo));

    /// <summary>A BO is bound or validated: it becomes the one used last, as it did when it got its memory. System memory is never a place
    /// to evict from, so its BOs are not tracked.</summary>
    /// <remarks>A race between two VMs may give two BOs the same stamp; then the number decides.</remarks>
    public void Touch(BufferObject bo)
    {
        if (bo.Region != 0 && bo.LastUse != _useClock)
            bo.LastUse = Tick();
    }

    /// <summary>The next stamp of the clock that <see cref="Touch"/> goes by.</summary>
    public long Tick() => ++_useClock;

    /// <summary>Frees the table pages. Not called while a walker may be in them.</summary>
    public void DisposeTables()
    {
        foreach (PageTablePool? pool in Pools)
            pool?.Dispose();
    }

    /// <summary>Frees the allocators. A call that comes later finds no memory.</summary>
    public void Dispose()
    {
        _gate.Enter();
        _isDisposed = true;
        foreach (MemoryRegion? region in Regions)
            region?.Dispose();
        _gate.Exit();
    }

    private void MakeRegions(AllocationGate gate, ulong? tableWindow, ulong? visibleVram)
    {
        ulong system = _platform.SystemMemoryBytes;
        Regions[0] = new MemoryRegion(0, new BuddyAllocator(SystemStart, system, system, gate), system, system, 0)
        {
            FirstAddress = SystemStart,
        };
        for (int tile = 0; tile < Pools.Length; tile++)
        {
            ulong window = SystemTableWindow + ((ulong)tile * SystemTableBytes), bytes = SystemTableBytes;
            if (_platform.IsDiscrete)
            {
                ulong total = _platform.VramBytesPerTile;
                bytes = Math.Min(SystemTableBytes, total / 8) & ~(PageSizes.Size2M - 1);
                ulong size = total - bytes, visible = Math.Min(visibleVram ?? total, total);
                var allocator = new BuddyAllocator(0, size, Math.Min(visible, size), gate);
                Regions[tile + 1] = new MemoryRegion(tile + 1, allocator, total, visible, _platform.VramDpaBase[tile]);
                window = _platform.VramDpaBase[tile] + total - bytes;
            }

            Pools[tile] = new PageTablePool(tile == 0 && tableWindow is { } given ? given : window, bytes);
        }
    }

    private Errno Take(BufferObject bo, int region, bool claims, Action<BufferObject, BoPlace>? taken)
    {
        MemoryRegion from = Regions[region];
        ulong minBlock = from.IsVram && (bo.Is64KInternal || _platform.VramNeeds64K) ? PageSizes.Size64K : PageSizes.Size4K;
        BlockList blocks = default;
        ulong below = from.IsVram && bo.NeedsVisibleVram ? from.Allocator.VisibleEnd : ulong.MaxValue;
        if (_isDisposed || !from.Allocator.TryAllocate(bo.Size, minBlock, ref blocks, below))
            return Errno.ENOSPC;
        if (!bo.IsCountedElsewhere && !IsCounted(from, bo.Size, claims, ref blocks))
            return Errno.ENOSPC;
        if (Backing.TryCreate(SegmentsOf(blocks, from.Kind), bo.Size, from.AddressBias) is not { } backing)
        {
            GiveBack(from, bo.Size, ref blocks);
            return Errno.ENOMEM;
        }

        // The place comes last: who sees it may use the memory, and may sort the BO by its stamp.
        bo.LastUse = Tick();
        var place = new BoPlace(backing, blocks, region);
        taken?.Invoke(bo, place);
        bo.Place = place;
        return Errno.Ok;
    }

    /// <summary>Counts blocks where others take of the same memory; false when it is used up, and then they are free again.</summary>
    private bool IsCounted(MemoryRegion from, ulong size, bool claims, ref BlockList blocks)
    {
        if (_account is null || !from.IsVram)
            return true;
        blocks.Number = _account.Take(from.Instance - 1, size, from.Allocator.Size, claims);
        if (blocks.Number != 0)
            return true;
        from.Allocator.Free(ref blocks);
        return false;
    }

    private void GiveBack(MemoryRegion to, ulong size, ref BlockList blocks)
    {
        if (blocks.Number != 0)
            _account!.Return(to.Instance - 1, size, blocks.Number);
        blocks.Number = 0;
        if (_isDisposed)
            blocks.Truncate(0);
        else
            to.Allocator.Free(ref blocks);
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
        Releasing?.Invoke(bo);
        BoPlace? left = bo.Place;
        bo.Place = null;
        Free(left);
        Mmap.Return(bo.Size);
        bo.Origin?.Leave();
    }
}
