using XePt.Uapi.Spec;

namespace XePt.Uapi.Formats;

/// <summary>
/// All page-table entry formats by id, and the bits they share (PT-016). Addresses are OR-ed into encoded entries by the caller,
/// as are <see cref="DeviceMemory"/>, <see cref="AtomicEnable"/>, <see cref="Ps64"/> and <see cref="Pde64K"/>.
/// </summary>
[PteFormatTable]
public static partial class PteFormats
{
    /// <summary>An unused entry of a table at levels 0 to 2 (PT-038); above, scratch VMs point to a scratch table instead.</summary>
    /// <param name="id">The format.</param>
    /// <param name="level">The table's level, 0 to 2.</param>
    /// <param name="scratch">Whether the VM has scratch pages.</param>
    /// <param name="isDiscrete">Whether the device is discrete.</param>
    /// <param name="writeBackPat">The device's write-back PAT index.</param>
    public static ulong EmptyEntry(PteFormatId id, int level, bool scratch, bool isDiscrete, uint writeBackPat)
    {
        if (!scratch)
            return 0;
        ulong entry = EncodeLeaf(id, level, writeBackPat, isReadOnly: false, isNull: true);
        return isDiscrete ? entry | DeviceMemory : entry;
    }
}
