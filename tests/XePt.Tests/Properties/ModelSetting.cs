using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Tests.Properties;

/// <summary>Where a random program runs: platform, VM flags, and a window of address space looked at in units of equal size.</summary>
/// <param name="Platform">The platform, with small memories.</param>
/// <param name="VmFlags">Flags of the VM.</param>
/// <param name="Unit">Bytes of one unit: 4 KiB, or 2 MiB for programs that reach huge leaves.</param>
/// <param name="Base">First address of the window.</param>
internal sealed record ModelSetting(PlatformInfo Platform, uint VmFlags, ulong Unit, ulong Base)
{
    /// <summary>Units in the window.</summary>
    public const int WindowUnits = 1536;

    /// <summary>Units in every BO, and in the CPU memory for userptrs.</summary>
    public const int BoUnits = 1024;

    public bool IsFaultMode => (VmFlags & 4) != 0;

    public bool IsLongRunning => (VmFlags & 2) != 0;

    public bool IsSmallUnit => Unit == 4096;

    /// <summary>VRAM is bound in this many units.</summary>
    public int VramGranule => Platform.VramNeeds64K && IsSmallUnit ? 16 : 1;

    public static ModelSetting Of(string platform, uint vmFlags, ulong unit)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
        // The small window lies across a 1 GiB border, where entries of three levels meet; the large one at the end of the VM.
        ulong start = unit == 4096 ? (5ul << 30) - (512 * unit) : info.VmSize - (WindowUnits * unit);
        info = info with { SystemMemoryBytes = 8ul << 30, VramBytesPerTile = info.IsDiscrete ? 8ul << 30 : 0 };
        return new ModelSetting(info, vmFlags, unit, start);
    }

    /// <summary>PAT indices that a bind accepts.</summary>
    public ushort[] ValidPats() =>
    [
        .. Enumerable.Range(0, Platform.Pat.Entries.Length)
            .Where(pat => Platform.Pat.Entries[pat].Coherency != PatCoherency.Reserved)
            .Select(pat => (ushort)pat),
    ];
}
