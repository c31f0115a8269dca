using XePt.Devices;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>What the engine must know of a VM and never changes: platform, mode and flags (specification 02 section 4).</summary>
/// <param name="Platform">The device's platform.</param>
/// <param name="IsLongRunning">LR_MODE (BIND-017).</param>
/// <param name="IsFaultMode">FAULT_MODE.</param>
/// <param name="HasScratch">SCRATCH_PAGE.</param>
internal sealed record VmFacts(PlatformInfo Platform, bool IsLongRunning, bool IsFaultMode, bool HasScratch)
{
    /// <summary>The mode the flags stand for.</summary>
    public VmMode Mode { get; } = IsFaultMode ? VmMode.Fault : IsLongRunning ? VmMode.PreemptFence : VmMode.DmaFence;

    /// <summary>VRAM can only be mapped in 64 KiB pages (PT-013).</summary>
    public bool VramNeeds64K { get; } = Platform.IsDiscrete && Platform.VramNeeds64K;

    /// <summary>Compact 64 KiB tables exist (PT-077).</summary>
    public bool HasCompactTables { get; } = Platform.HasCompactTables;

    /// <summary>A fresh bind may replace scratch entries that the TLB has cached (PT-176).</summary>
    public bool FlushesOnFirstBind { get; } = HasScratch && IsLongRunning;

    /// <summary>Bit mask of all tiles.</summary>
    public byte TileMask { get; } = (byte)((1 << Platform.TileCount) - 1);
}
