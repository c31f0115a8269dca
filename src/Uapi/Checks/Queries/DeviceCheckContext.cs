namespace XePt.Uapi.Checks;

/// <summary>What the argument checks of object creation know about the device.</summary>
internal readonly struct DeviceCheckContext
{
    /// <summary>Graphics IP version times 100: 1255 for 12.55, 2004 for 20.04.</summary>
    public required int GraphicsVerx100 { get; init; }

    /// <summary>Bit n is set when memory region n exists; bit 0, system memory, always is (UAPI-013).</summary>
    public required uint MemoryRegionMask { get; init; }

    /// <summary>Bit n is set when GT n exists.</summary>
    public required uint GtMask { get; init; }

    /// <summary>Whether the device has its own memory.</summary>
    public bool IsDiscrete { get; init; }

    /// <summary>Whether the device needs 64 KiB VRAM pages.</summary>
    public bool VramNeeds64K { get; init; }

    /// <summary>Whether the device has recoverable page faults.</summary>
    public bool HasFaults { get; init; }

    /// <summary>Whether a fault-mode VM of this device may have a scratch page.</summary>
    public bool ScratchWithFaults { get; init; }

    /// <summary>Whether the device supports protected content.</summary>
    public bool HasProtectedContent { get; init; }
}
