using XePt.Host;
using XePt.Uapi;

namespace XePt;

/// <summary>What an embedder may choose about a device beside its platform.</summary>
public sealed record XeDeviceOptions
{
    /// <summary>Stage of the uAPI the device behaves as (BIND-001).</summary>
    public XeProfile Profile { get; init; } = XeProfile.Final;

    /// <summary>The build has SVM; without it mirror binds are -EINVAL (BIND-003).</summary>
    public bool SvmPresent { get; init; } = true;

    /// <summary>The build has userptr support (BIND-083).</summary>
    public bool UserptrPresent { get; init; } = true;

    /// <summary>Debug build: bind flag bit 31 injects errors (BIND-220).</summary>
    public bool DebugBuild { get; init; }

    /// <summary>Device address of tile 0's page-table window, 4 KiB aligned; null for the platform's own place.</summary>
    public ulong? PageTableWindow { get; init; }

    /// <summary>Bytes of each tile's VRAM, from its start, that the CPU can reach, 4 KiB aligned; null for all. A device with a small BAR
    /// has less than all: BOs with NEEDS_VISIBLE_VRAM are placed there, others anywhere.</summary>
    public ulong? CpuVisibleVramBytes { get; init; }

    /// <summary>Counts the device's own memory, of which other engines take, too; null for none but this one.</summary>
    public IVramAccount? VramAccount { get; init; }

    /// <summary>Clock of the device; null for a <see cref="VirtualClock"/> of its own.</summary>
    public XeClock? Clock { get; init; }

    /// <summary>The file descriptors of the process whose clients use the device; null for a table of the device's own.</summary>
    public XeDescriptors? Descriptors { get; init; }

    /// <summary>How work that waits for fences gets done.</summary>
    public DriveMode Drive { get; init; } = DriveMode.Inline;

    /// <summary>One thread makes all calls, lets the clock go on and signals the fences, so nobody else can end a wait of it. Blocking
    /// waits then do with the queued drive what they always do with the inline one: they run what is ready, let the virtual clock go to its
    /// next event or their deadline, and an endless one that nothing can end is -EDEADLK at once. Work that is ready still waits for a pump
    /// or a wait.</summary>
    public bool SingleThreaded { get; init; }

    /// <summary>The choices that tell devices apart; addresses and sizes hexadecimal.</summary>
    public override string ToString() =>
        $"{Profile}, {Drive}{(SingleThreaded ? ", single-threaded" : "")}{(SvmPresent ? "" : ", no SVM")}"
        + $"{(UserptrPresent ? "" : ", no userptrs")}{(DebugBuild ? ", debug build" : "")}"
        + (PageTableWindow is { } window ? $", page tables at 0x{window:x}" : "")
        + (CpuVisibleVramBytes is { } visible ? $", 0x{visible:x} bytes of VRAM visible" : "");

    /// <summary>Waits block until another thread does something, because there may be one.</summary>
    internal bool WaitsForOtherThreads => Drive == DriveMode.Queued && !SingleThreaded;

    /// <summary>Runs the jobs of engine queues; the default completes each at once.</summary>
    public IJobSink JobSink { get; init; } = InstantJobSink.Instance;

    /// <summary>Gets the answers to GPU faults; null when nobody wants them.</summary>
    public IGpuFaultSink? GpuFaultSink { get; init; }

    /// <summary>Copies pages that migrate between system and device memory.</summary>
    public ICopyEngine CopyEngine { get; init; } = InstantCopyEngine.Instance;

    /// <summary>The devices whose memory this one reaches; null for none but itself.</summary>
    public XeInterconnect? Interconnect { get; init; }

    /// <summary>Bytes of CPU addresses that one notifier of a mirror watches (CFG-002), a power of two from 4 KiB.</summary>
    public ulong SvmNotifierBytes { get; init; } = 512UL << 20;

    /// <summary>Keeps the contents of the device's memory in the device's place, and is where jobs write user fences that are not in the
    /// client's memory; null when the embedder keeps none.</summary>
    public IGpuStore? GpuStore { get; init; }
}
