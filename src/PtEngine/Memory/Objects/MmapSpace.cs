namespace XePt.Memory;

/// <summary>
/// The offsets at which mmap shows the BOs of a device. As in the driver every BO takes its share when it is made, deferred backing or not,
/// and gives it back with its last reference (BIND-034); which offsets they are is chosen when somebody first asks, and no two BOs ever get
/// the same ones (UAPI-020).
/// </summary>
/// <remarks>Shares are counted in bytes, so holes between them do not matter. Any thread, no lock.</remarks>
internal sealed class MmapSpace
{
    /// <summary>Bytes of all BOs of a device together: 1 TiB less 1 MiB.</summary>
    public const ulong Size = (1UL << 40) - (1UL << 20);

    private long _taken;

    // Offsets begin where the DRM core puts them, beyond what a 32-bit offset could name.
    private long _next = 1L << 32;

    /// <summary>Takes the share of a BO; false when there is no room for it.</summary>
    public bool TryTake(ulong size)
    {
        for (long taken = Interlocked.Read(ref _taken); size <= Size - (ulong)taken; taken = Interlocked.Read(ref _taken))
        {
            if (Interlocked.CompareExchange(ref _taken, taken + (long)size, taken) == taken)
                return true;
        }

        return false;
    }

    /// <summary>Gives the share of a BO back.</summary>
    public void Return(ulong size) => Interlocked.Add(ref _taken, -(long)size);

    /// <summary>Where mmap shows a BO.</summary>
    public ulong OffsetOf(BufferObject bo)
    {
        if (Interlocked.Read(ref bo.MmapOffset) == 0)
        {
            long end = Interlocked.Add(ref _next, (long)bo.Size);
            Interlocked.CompareExchange(ref bo.MmapOffset, end - (long)bo.Size, 0);
        }

        return (ulong)Interlocked.Read(ref bo.MmapOffset);
    }
}
