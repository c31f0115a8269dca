using XePt.Devices;
using XePt.Memory;
using XePt.Uapi;

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

    /// <summary>What is wrong with runs behind a BO that the CPU must reach, or null.</summary>
    public static string? IsVisible(MemoryRegion region, BufferObject bo, ReadOnlySpan<PhysicalRun> runs)
    {
        if (!bo.NeedsVisibleVram || !region.IsVram)
            return null;
        foreach (PhysicalRun run in runs)
        {
            if (run.Address + (run.Stride * (ulong)(run.Count - 1)) + run.Size > region.VisibleBytes)
                return $"the CPU reaches 0x{region.VisibleBytes:x} bytes of this VRAM, and the BO needs visible ones: {run}";
        }

        return null;
    }

    /// <summary>The segments of CPU memory that is declared.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="start">CPU address.</param>
    /// <param name="runs">The pages.</param>
    /// <param name="size">Receives their size.</param>
    /// <exception cref="ArgumentException">The start is not that of a page, the interval does not end below 2^64, or the runs exceed the
    /// DMA width of the platform.</exception>
    public static Segment[] CpuSegments(PlatformInfo platform, ulong start, ReadOnlySpan<PhysicalRun> runs, out ulong size)
    {
        if (InRegion(platform, region: 0, runs) is { } fault)
            throw new ArgumentException(fault, nameof(runs));
        Segment[] segments = PhysicalRun.ToSegments(runs, SegmentKind.System, merge: true, out size);
        if (start % XeLimits.PageSize != 0 || start + size < start)
            throw new ArgumentException($"0x{start:x} is not the start of 0x{size:x} bytes of pages", nameof(start));
        return segments;
    }

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
