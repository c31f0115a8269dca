namespace XePt;

/// <summary>Device memory as a page walker sees it: device address to table entries. All that a foreign walker needs.</summary>
/// <remarks>Implementations are called on any thread while binds go on; each entry is read by one aligned 8-byte load.</remarks>
public interface IGpuMemory
{
    /// <summary>Reads one 8-byte entry.</summary>
    /// <param name="deviceAddress">Device address of the entry, 8-byte aligned.</param>
    /// <param name="entry">The entry as it is now.</param>
    /// <returns>False when no table memory is there.</returns>
    /// <exception cref="ArgumentException">The table memory of a VM refuses an address that is not aligned.</exception>
    bool TryReadEntry(ulong deviceAddress, out ulong entry);
}
