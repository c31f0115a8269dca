namespace XePt.Uapi;

/// <summary>Limits of the driver that its header does not name (specification 01, section 2).</summary>
public static class XeLimits
{
    /// <summary>Most links of an extension chain; one more gives -E2BIG (UAPI-004).</summary>
    public const int MaxExtensionLinks = 16;

    /// <summary>Most engine instances (width × placements) of one exec queue.</summary>
    public const int MaxEngineInstances = 9;

    /// <summary>Most tiles of a device.</summary>
    public const int MaxTiles = 2;

    /// <summary>Smallest and largest address-space id are 1 and this.</summary>
    public const uint MaxAddressSpaceId = (1u << 20) - 1;

    /// <summary>Most jobs queued on one exec queue; one more gives -EAGAIN.</summary>
    public const int MaxQueuedJobs = 1000;

    /// <summary>Exec queue priority: low.</summary>
    public const uint PriorityLow = 0;

    /// <summary>Exec queue priority: normal, the highest of an unprivileged caller.</summary>
    public const uint PriorityNormal = 1;

    /// <summary>Exec queue priority: high.</summary>
    public const uint PriorityHigh = 2;

    /// <summary>Offset that mmap takes for the PCI-barrier page (UAPI-020).</summary>
    public const ulong PciBarrierOffset = 0x50000;

    /// <summary>Bytes of a CPU page and of the smallest GPU page.</summary>
    public const ulong PageSize = 4096;

    /// <summary>First request number, command base included, that no ioctl of the driver has: -EINVAL from here on.</summary>
    public const uint RequestNumberEnd = 0x4f;

    // Not the driver's, which only memory limits: more than any client sends, less than hurts (BIND-064, DRM-003).
    internal const uint MostBinds = 1 << 20, MostSyncobjs = 1 << 16;
}
