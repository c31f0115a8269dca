namespace XePt.Memory;

/// <summary>One memory region of the device: 0 is system memory, 1 + n the VRAM of tile n (UAPI-012).</summary>
internal sealed class MemoryRegion(int instance, BuddyAllocator allocator, ulong totalBytes, ulong visibleBytes, ulong addressBias)
    : IDisposable
{
    public int Instance { get; } = instance;

    public bool IsVram => Instance > 0;

    public SegmentKind Kind => IsVram ? SegmentKind.Vram : SegmentKind.System;

    public BuddyAllocator Allocator { get; } = allocator;

    /// <summary>Bytes of the region, page-table window included.</summary>
    public ulong TotalBytes { get; } = totalBytes;

    /// <summary>Bytes from the start that the CPU can reach.</summary>
    public ulong VisibleBytes { get; } = visibleBytes;

    /// <summary>Device address of byte 0 (PT-030); 0 for system memory.</summary>
    public ulong AddressBias { get; } = addressBias;

    /// <summary>Device address of the first byte that is there.</summary>
    public ulong FirstAddress { get; init; } = addressBias;

    /// <summary>Bytes that an object can be in. System memory refuses none for its size (BIND-034a).</summary>
    public ulong RoomFor(BufferObject bo) => !IsVram ? ulong.MaxValue : bo.NeedsVisibleVram ? VisibleBytes : TotalBytes;

    public void Dispose() => Allocator.Dispose();
}
