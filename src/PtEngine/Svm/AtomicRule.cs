using XePt.Devices;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Where memory must be for an atomic access of the GPU (specification 04 section 3.5).</summary>
internal static class AtomicRule
{
    /// <summary>Whether device memory is needed.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="attribute">The attribute of the BO, or of the VMA if it has none.</param>
    /// <param name="isAtomic">The access is atomic.</param>
    /// <param name="needsVram">Device memory is needed.</param>
    /// <returns>False when the access is refused with -EACCES (FLT-052).</returns>
    public static bool TryDecide(PlatformInfo platform, AtomicAccess attribute, bool isAtomic, out bool needsVram)
    {
        needsVram = false;
        if (!isAtomic || !platform.IsDiscrete)
            return true;
        needsVram = attribute != AtomicAccess.Device || !platform.DeviceAtomicsOnSystemMemory;
        return attribute != AtomicAccess.Cpu;
    }
}
