using XePt.Diagnostics;
using XePt.Host;

namespace XePt.Cli.Traces.Processes;

/// <summary>What a record led to on the mirrors of its device, beside its result.</summary>
/// <param name="Faults">Faults that were serviced.</param>
/// <param name="Invalidations">Ranges whose mappings were taken away because the CPU's pages changed.</param>
/// <param name="Copies">What migrated.</param>
internal sealed record SvmEffects(long Faults, long Invalidations, IReadOnlyList<CopyTally> Copies)
{
    /// <summary>What the devices have counted so far.</summary>
    public static SvmEffects Sum(TraceDevice device)
    {
        int gts = device.Device.Mirrors.Statistics.Length;
        long faults = 0, invalidations = 0;
        for (int gt = 0; gt < gts; gt++)
        {
            GtStatistics counted = device.Device.GetGtStatistics(gt);
            faults += counted[GtCounter.SvmPagefaultCount] + counted[GtCounter.VmaPagefaultCount];
            invalidations += counted[GtCounter.SvmTlbInvalCount];
        }

        return new SvmEffects(faults, invalidations, [.. device.Copies.Tallies]);
    }

    /// <summary>What came since an earlier look; null when nothing did.</summary>
    public SvmEffects? Since(SvmEffects before)
    {
        CopyTally[] copies = [.. Copies.Select(now => now with
        {
            Copies = now.Copies - Before(before, now).Copies, Bytes = now.Bytes - Before(before, now).Bytes,
        }).Where(copy => copy.Copies > 0)];
        var since = new SvmEffects(Faults - before.Faults, Invalidations - before.Invalidations, copies);
        return since.Faults != 0 || since.Invalidations != 0 || copies.Length > 0 ? since : null;
    }

    /// <summary>This and what another record led to.</summary>
    public SvmEffects With(SvmEffects other) => new(
        Faults + other.Faults, Invalidations + other.Invalidations,
        [.. Copies.Concat(other.Copies).GroupBy(copy => (copy.Tile, copy.Direction)).Select(copies => copies.First() with
        {
            Copies = copies.Sum(copy => copy.Copies), Bytes = (ulong)copies.Sum(copy => (long)copy.Bytes),
        })]);

    /// <summary><c>1 fault, 64 KiB to VRAM of tile 0</c>.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (Faults > 0)
            parts.Add(Console.Count.Of(Faults, "fault"));
        if (Invalidations > 0)
            parts.Add(Console.Count.Of(Invalidations, "TLB invalidation"));
        parts.AddRange(Copies.Select(copy => copy.ToString()));
        return string.Join(", ", parts);
    }

    private static CopyTally Before(SvmEffects before, CopyTally now) =>
        before.Copies.FirstOrDefault(copy => copy.Tile == now.Tile && copy.Direction == now.Direction);
}
