namespace XePt.Native;

/// <summary>Choices about a device. All zeros, but for the size, are the defaults.</summary>
[CType("xept_device_options")]
internal unsafe struct DeviceOptions
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>Choices that are yes or no.</summary>
    [CEnum(typeof(DeviceFlags))]
    public uint Flags;

    /// <summary>Stage of the uAPI that the device behaves as.</summary>
    [CEnum(typeof(Uapi.XeProfile))]
    public uint Profile;

    /// <summary>How work that waits for fences gets done.</summary>
    [CEnum(typeof(DriveMode))]
    public uint Drive;

    /// <summary>Bytes of system memory; 0 for what the platform has.</summary>
    public ulong SystemBytes;

    /// <summary>Bytes of VRAM of each tile; 0 for what the platform has. Without meaning on integrated devices.</summary>
    public ulong VramBytes;

    /// <summary>Bytes of each tile's VRAM that the CPU can reach, from its start; 0 for all.</summary>
    public ulong VisibleVramBytes;

    /// <summary>Device address of the page tables of tile 0; 0 for the platform's own place.</summary>
    public ulong PageTableWindow;

    /// <summary>Handed to the callbacks below.</summary>
    public void* User;

    /// <summary>Runs a job, which is complete when xept_job_complete says so, from inside the callback or later. NULL: every job is
    /// complete at once.</summary>
    [CParameters("user", "job")]
    public delegate* unmanaged<void*, JobInfo*, void> Submit;

    /// <summary>A job was cancelled: its queue was reset or destroyed. The handle ends with the callback. May be NULL.</summary>
    [CParameters("user", "job")]
    public delegate* unmanaged<void*, JobInfo*, void> Cancelled;

    /// <summary>Asks to take a running job off its engine: not 0 when it does not run any more, and then its handle has ended and the job
    /// comes again by submit; 0 when it still runs, and then xept_job_preempted may say so later. NULL: jobs are waited for.</summary>
    [CParameters("user", "job")]
    public delegate* unmanaged<void*, JobInfo*, int> Preempt;

    /// <summary>A page fault that was raised is answered; xept_last_failure says why, if it was not serviced. May be NULL.</summary>
    [CParameters("user", "reply")]
    public delegate* unmanaged<void*, FaultReply*, void> FaultReply;

    /// <summary>A batch that the library runs has failed, and its queue will be reset: a sentence that says which, where and why, for the
    /// callback only. On the thread that runs the batch; it must not call the library. May be NULL.</summary>
    [CParameters("user", "sentence")]
    public delegate* unmanaged<void*, byte*, void> BatchFailed;

    /// <summary>A check has found something (XEPT_DEVICE_FLAG_CHECKS): a sentence that says after what, which VM, tile and address, what
    /// was expected there and what was found, for the callback only. On the thread that looks; it must not call the library. May be
    /// NULL.</summary>
    [CParameters("user", "sentence")]
    public delegate* unmanaged<void*, byte*, void> CheckFailed;

    /// <summary>Memory that processes share, each of which has made this device: the account of the VRAM that they take together. All
    /// zeros at first, aligned to 64 bytes, there until the process ends. NULL: all VRAM is this device's.</summary>
    public void* VramAccount;

    /// <summary>Bytes of it, at least 4096: each 64 are a process.</summary>
    public ulong VramAccountBytes;
}

/// <summary>Choices about a device that are yes or no.</summary>
[Flags, CType("xept_device_flag")]
internal enum DeviceFlags : uint
{
    /// <summary>Time is the computer's CLOCK_MONOTONIC. Without it a virtual clock stands still until it is advanced, by xept_clock_advance
    /// or by a wait of an inline device.</summary>
    SystemClock = 1,

    /// <summary>One thread makes all calls, so nobody else can end a wait of it.</summary>
    SingleThreaded = 2,

    /// <summary>Debug build of the driver: bind flag bit 31 injects errors.</summary>
    DebugBuild = 4,

    /// <summary>The driver was built without SVM.</summary>
    NoSvm = 8,

    /// <summary>The driver was built without userptr support.</summary>
    NoUserptr = 16,

    /// <summary>The library runs the batches of jobs itself, when xept_batches_run is called; submit must be NULL.</summary>
    RunsBatches = 32,

    /// <summary>Each buffer object has a file in memory of its own, so that it moves while the CPU sees it (xept_bo_mmap), and a forked
    /// child makes objects that its parent does not see. Regions have no files then. All devices with this flag share the numbers that
    /// ioctls give out as descriptors, so that they import each other's objects and sync files.</summary>
    BoFiles = 64,

    /// <summary>After each xept_ioctl, and each xept_pump and xept_batches_run that has done something, the tables of every VM that has
    /// changed are compared with its list of VMAs, and every access is held against the TLB invalidations: check_failed and
    /// xept_device_totals tell what was wrong. It costs a look at every entry that maps something.</summary>
    Checks = 128,
}

/// <summary>What a device is.</summary>
[CType("xept_device_info")]
internal struct DeviceInfo
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>PCI device id.</summary>
    public uint DeviceId;

    /// <summary>Graphics IP version times 100.</summary>
    public uint GraphicsVerx100;

    /// <summary>Bits of a GPU virtual address.</summary>
    public uint VaBits;

    /// <summary>Level of the root table: 3 or 4.</summary>
    public uint RootLevel;

    /// <summary>Format of the entries.</summary>
    [CEnum(typeof(Uapi.Formats.PteFormatId))]
    public uint Format;

    /// <summary>Tiles, 1 or 2.</summary>
    public uint TileCount;

    /// <summary>Bit g is set when GT g exists.</summary>
    public uint GtMask;

    /// <summary>GT ids of each tile.</summary>
    public uint GtsPerTile;

    /// <summary>Bit 0 is system memory, bit 1 + t the VRAM of tile t.</summary>
    public uint RegionMask;

    /// <summary>1 when the device has memory of its own.</summary>
    public uint IsDiscrete;

    /// <summary>1 when VMs may be in fault mode.</summary>
    public uint HasFaultMode;

    /// <summary>Page-table pages in use.</summary>
    public uint TablesInUse;

    /// <summary>Faults that each queue of faults can hold.</summary>
    public uint FaultQueueCapacity;
}

/// <summary>What a device has done so far. Every value but the first two only grows.</summary>
[CType("xept_totals")]
internal struct DeviceTotals
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>VMs that there are.</summary>
    public uint Vms;

    /// <summary>Page tables that there are.</summary>
    public ulong TablesInUse;

    /// <summary>Page tables made.</summary>
    public ulong TablesMade;

    /// <summary>Page faults of accesses.</summary>
    public ulong Faults;

    /// <summary>Copies of pages that migrated between system and device memory.</summary>
    public ulong Migrations;

    /// <summary>Bytes of them.</summary>
    public ulong MigratedBytes;

    /// <summary>Buffer objects with content that changed place.</summary>
    public ulong Moves;

    /// <summary>Buffer objects that were driven out of device memory.</summary>
    public ulong Evictions;

    /// <summary>TLB invalidations, of all GTs.</summary>
    public ulong Flushes;

    /// <summary>Jobs whose batches came to their ends.</summary>
    public ulong JobsCompleted;

    /// <summary>Jobs whose batches failed; each has reset its queue.</summary>
    public ulong JobsFailed;

    /// <summary>Resets of GTs.</summary>
    public ulong GtResets;

    /// <summary>How often the tables of a VM were compared (XEPT_DEVICE_FLAG_CHECKS).</summary>
    public ulong TablesCompared;

    /// <summary>Accesses that were held against the invalidations.</summary>
    public ulong AccessesChecked;

    /// <summary>What was wrong.</summary>
    public ulong Violations;
}

/// <summary>A region of physical memory.</summary>
[CType("xept_region_info")]
internal struct Region
{
    /// <summary>Bytes of this struct.</summary>
    public uint Size;

    /// <summary>1 for device memory.</summary>
    public uint IsDeviceMemory;

    /// <summary>Address of the first byte, as entries name it.</summary>
    public ulong Address;

    /// <summary>How many bytes there are, page tables included.</summary>
    public ulong Bytes;

    /// <summary>How many of them the CPU can reach.</summary>
    public ulong VisibleBytes;
}
