using System.Numerics;

namespace XePt.Memory;

/// <summary>A buffer object of the model: its creation facts and where its bytes are now. Managed, made at GEM_CREATE, never on the bind path.</summary>
internal sealed class BufferObject
{
    /// <summary>Device-wide number, from 1.</summary>
    public required int Slot { get; init; }

    /// <summary>Bytes, a multiple of 4096.</summary>
    public required ulong Size { get; init; }

    /// <summary>Region mask the BO may live in (BIND-023).</summary>
    public required uint Placements { get; init; }

    /// <summary>1 write-back, 2 write-combined, 0 imported (BIND-029).</summary>
    public required ushort CpuCaching { get; init; }

    /// <summary>NO_COMPRESSION was asked for (BIND-027).</summary>
    public bool NoCompression { get; init; }

    /// <summary>The "64 KiB internal" mark (BIND-036).</summary>
    public bool Is64KInternal { get; init; }

    /// <summary>The VM whose reservation the BO shares, or null for an external BO (BIND-037).</summary>
    public object? PrivateTo { get; init; }

    /// <summary>VRAM pages must be CPU reachable.</summary>
    public bool NeedsVisibleVram { get; init; }

    /// <summary>Protected content, and whether its key went stale (BIND-100).</summary>
    public bool IsProtected { get; init; }

    public bool IsKeyStale { get; set; }

    /// <summary>Physical memory, or null while the backing is deferred (BIND-039).</summary>
    public Backing? Backing { get; set; }

    /// <summary>Region the backing is in: 0 system, 1 + tile VRAM. Meaningless without backing.</summary>
    public int Region { get; set; }

    /// <summary>Handles and VMAs that keep the BO alive (BIND-040).</summary>
    public int References = 1;

    public bool HasSinglePlacement => BitOperations.IsPow2(Placements);
}
