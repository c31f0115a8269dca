using XePt.Devices;

namespace XePt;

/// <summary>Judges physical memory of the embedder's choice before anything is made of it: what a page-table entry cannot hold must not get
/// that far.</summary>
/// <remarks>The limit is the DMA width of the platform, for VRAM too. The size of a VRAM region bounds only what the region's own allocator
/// hands out: whoever supplies memory decides where it is, and the reference vectors use more VRAM than the presets have.</remarks>
internal static class RunCheck
{
    private const ulong PageMask = 0xfff;

    /// <summary>What is wrong with runs in a region, or null.</summary>
    public static string? InRegion(PlatformInfo platform, int region, ReadOnlySpan<PhysicalRun> runs) =>
        Find(platform, region == 0 ? 0 : platform.VramDpaBase[region - 1], runs);

    /// <summary>What is wrong with the pages of an SVM range, which are given by final device addresses, or null.</summary>
    public static string? OfRange(PlatformInfo platform, bool isVram, ReadOnlySpan<PhysicalRun> runs) =>
        isVram && !platform.IsDiscrete ? "the device has no VRAM" : Find(platform, bias: 0, runs);

    private static string? Find(PlatformInfo platform, ulong bias, ReadOnlySpan<PhysicalRun> runs)
    {
        UInt128 bytes = 0;
        long chunks = 0;
        foreach (ref readonly PhysicalRun run in runs)
        {
            if (run.Count < 1 || run.Size == 0 || ((run.Address | run.Size | run.Stride) & PageMask) != 0)
                return $"not made of 4 KiB pages: {run}";
            UInt128 end = (UInt128)bias + run.Address + ((UInt128)run.Stride * (uint)(run.Count - 1)) + run.Size;
            if (end > (UInt128)1 << platform.DmaBits)
                return $"beyond the {platform.DmaBits} bits of a DMA address: {run}";
            bytes += (UInt128)run.Size * (uint)run.Count;
            chunks += run.Count;
        }

        return chunks == 0 ? "at least one run is needed"
            : bytes > ulong.MaxValue || chunks >= int.MaxValue ? "more memory than can be described"
            : null;
    }
}
