using System.Numerics;
using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Memory;

/// <summary>A buffer object of the model: its creation facts and where its bytes are now. Managed, made at GEM_CREATE, never on the bind
/// path.</summary>
internal sealed class BufferObject : IOccupant
{
    private volatile BoPlace? _place;
    private int _references = 1;
    private int _importers;
    private volatile bool _isPinned;
    private long _cpuZaps;

    /// <summary>Device-wide number, from 1; given by <see cref="BoTable.Add"/>.</summary>
    public int Slot { get; set; }

    /// <summary>Bytes, a multiple of 4096.</summary>
    public required ulong Size { get; init; }

    /// <summary>Region mask the BO may live in (BIND-023).</summary>
    public required uint Placements
    {
        get;
        init
        {
            field = value;
            HasSinglePlacement = BitOperations.IsPow2(value);
        }
    }

    /// <summary>1 write-back, 2 write-combined, 0 imported (BIND-029).</summary>
    public required ushort CpuCaching { get; init; }

    /// <summary>NO_COMPRESSION was asked for (BIND-027).</summary>
    public bool NoCompression { get; init; }

    /// <summary>The "64 KiB internal" mark (BIND-036).</summary>
    public bool Is64KInternal { get; init; }

    /// <summary>The VM whose reservation the BO shares, or null for an external BO (BIND-037).</summary>
    public object? PrivateTo { get; init; }

    /// <summary>Where mmap shows the BO, or 0 while nobody has asked (UAPI-020).</summary>
    public long MmapOffset;

    /// <summary>VRAM pages must be CPU reachable.</summary>
    public bool NeedsVisibleVram { get; init; }

    /// <summary>Protected content, and whether its key went stale (BIND-100).</summary>
    public bool IsProtected { get; init; }

    public bool IsKeyStale { get; init; }

    /// <summary>The client or the embedder pins the BO, or another device has imported it: it stays where it is (EVT-001).</summary>
    public bool IsPinned
    {
        get => _isPinned || IsImported;
        set => _isPinned = value;
    }

    /// <summary>Other devices use its memory where it is (DRM-029).</summary>
    public bool IsImported => Volatile.Read(ref _importers) != 0;

    /// <summary>Where an imported BO has its memory from, or null.</summary>
    public BoOrigin? Origin { get; init; }

    /// <summary>Another process has made it, and counts its memory.</summary>
    public bool IsCountedElsewhere { get; init; }

    /// <summary>What the BO is to other clients and devices, once it has been exported or imported; never changes then.</summary>
    public BoOrigin? Shared;

    /// <summary>Its contents, where a store keeps them apart from the memory that it is in; else null.</summary>
    public IBoContents? Contents
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    }

    /// <summary>How atomics are to work on it (MADV-042).</summary>
    public AtomicAccess Atomic { get; set; }

    /// <summary>How often the CPU's mappings were taken away, so that its next access brings the BO to system memory (MADV-042).</summary>
    public long CpuZaps => Volatile.Read(ref _cpuZaps);

    /// <summary>Where the bytes are; null while the backing is deferred (BIND-039).</summary>
    public BoPlace? Place
    {
        get => _place;
        set => _place = value;
    }

    /// <summary>Physical memory, or null while the backing is deferred.</summary>
    public Backing? Backing => _place?.Backing;

    /// <summary>Region the backing is in: 0 system, 1 + tile VRAM. Meaningless without backing.</summary>
    public int Region => _place?.Region ?? 0;

    /// <summary>The BO had to leave device memory for others: the next validation tries to bring it back (EVT-005, EVT-009).</summary>
    public bool IsEvicted { get; set; }

    /// <summary>Has memory where it wants to be, so that validating it changes nothing.</summary>
    public bool IsInPlace => _place is not null && !IsEvicted;

    /// <summary>Not settled, or in a region where it matters who was used last.</summary>
    public bool NeedsLook => _place is not { Region: 0 } || IsEvicted;

    /// <summary>Stamp of the last bind, validation or placement; see <see cref="DeviceMemory.Touch"/>.</summary>
    public long LastUse { get; set; }

    /// <summary>Where the BO stands among those that may have to make room in its region, from 1; 0 when it is not among them. Belongs to
    /// that order.</summary>
    public int VictimPlace { get; set; }

    /// <summary>What it is to a store.</summary>
    public BoTraits Traits => new(Size, Placements, (CpuCaching)CpuCaching, PrivateTo is not null);

    /// <summary>One importer more or less. Any thread.</summary>
    public void CountImporter(int change) => Interlocked.Add(ref _importers, change);

    /// <summary>Takes the CPU's mappings away.</summary>
    public void ZapCpuMappings() => Interlocked.Increment(ref _cpuZaps);

    /// <summary>The BO may live in a region.</summary>
    public bool MayBeIn(int region) => (Placements & (1u << region)) != 0;

    /// <summary>One more handle or VMA keeps the BO alive (BIND-040). The caller has a reference, or knows of one that stays. Any
    /// thread.</summary>
    public void AddReference() => Interlocked.Increment(ref _references);

    /// <summary>One more reference for whoever found the BO without having one; false when the last one is gone, and then the BO must not
    /// be touched any more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAddReference() => ReferenceCount.TryAdd(ref _references);

    /// <summary>One less; true when it was the last. Any thread.</summary>
    public bool DropReference() => Interlocked.Decrement(ref _references) == 0;

    public bool HasSinglePlacement { get; private init; }
}

/// <summary>Where a BO's bytes are.</summary>
/// <param name="Backing">The pieces, for staging.</param>
/// <param name="Blocks">The allocator's blocks; empty when the embedder supplied the memory.</param>
/// <param name="Region">0 system, 1 + tile VRAM.</param>
internal sealed record BoPlace(Backing Backing, BlockList Blocks, int Region);
