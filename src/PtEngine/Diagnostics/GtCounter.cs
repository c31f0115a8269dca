namespace XePt.Diagnostics;

/// <summary>What a GT counts (specification 04 chapter 15). Counters of ranges come in threes: of 4 KiB, 64 KiB and 2 MiB.</summary>
public enum GtCounter
{
    /// <summary>Passes of the mirror fault handler (STA-001).</summary>
    SvmPagefaultCount,

    /// <summary>TLB invalidations sent to the GT for any cause (STA-012).</summary>
    TlbInvalCount,

    /// <summary>Invalidations of ranges (STA-010).</summary>
    SvmTlbInvalCount,

    /// <summary>Microseconds of whole invalidations (STA-010).</summary>
    SvmTlbInvalUs,

    /// <summary>Faults on VMAs that are no mirrors (STA-011).</summary>
    VmaPagefaultCount,

    /// <summary>KiB of those VMAs (STA-011).</summary>
    VmaPagefaultKb,

    /// <summary>Fault passes that had a range (STA-002); ranges of 4 KiB.</summary>
    Svm4KPagefaultCount,

    /// <summary>Fault passes that had a range (STA-002); ranges of 64 KiB.</summary>
    Svm64KPagefaultCount,

    /// <summary>Fault passes that had a range (STA-002); ranges of 2 MiB.</summary>
    Svm2MPagefaultCount,

    /// <summary>Faults that found their range valid (STA-003); ranges of 4 KiB.</summary>
    Svm4KValidPagefaultCount,

    /// <summary>Faults that found their range valid (STA-003); ranges of 64 KiB.</summary>
    Svm64KValidPagefaultCount,

    /// <summary>Faults that found their range valid (STA-003); ranges of 2 MiB.</summary>
    Svm2MValidPagefaultCount,

    /// <summary>Microseconds of faults that were answered as successful (STA-004); ranges of 4 KiB.</summary>
    Svm4KPagefaultUs,

    /// <summary>Microseconds of faults that were answered as successful (STA-004); ranges of 64 KiB.</summary>
    Svm64KPagefaultUs,

    /// <summary>Microseconds of faults that were answered as successful (STA-004); ranges of 2 MiB.</summary>
    Svm2MPagefaultUs,

    /// <summary>Attempts of faults to migrate (STA-005); ranges of 4 KiB.</summary>
    Svm4KMigrateCount,

    /// <summary>Attempts of faults to migrate (STA-005); ranges of 64 KiB.</summary>
    Svm64KMigrateCount,

    /// <summary>Attempts of faults to migrate (STA-005); ranges of 2 MiB.</summary>
    Svm2MMigrateCount,

    /// <summary>Microseconds of those attempts (STA-005); ranges of 4 KiB.</summary>
    Svm4KMigrateUs,

    /// <summary>Microseconds of those attempts (STA-005); ranges of 64 KiB.</summary>
    Svm64KMigrateUs,

    /// <summary>Microseconds of those attempts (STA-005); ranges of 2 MiB.</summary>
    Svm2MMigrateUs,

    /// <summary>Microseconds of successful page collections (STA-006); ranges of 4 KiB.</summary>
    Svm4KGetPagesUs,

    /// <summary>Microseconds of successful page collections (STA-006); ranges of 64 KiB.</summary>
    Svm64KGetPagesUs,

    /// <summary>Microseconds of successful page collections (STA-006); ranges of 2 MiB.</summary>
    Svm2MGetPagesUs,

    /// <summary>Microseconds of binds (STA-007); ranges of 4 KiB.</summary>
    Svm4KBindUs,

    /// <summary>Microseconds of binds (STA-007); ranges of 64 KiB.</summary>
    Svm64KBindUs,

    /// <summary>Microseconds of binds (STA-007); ranges of 2 MiB.</summary>
    Svm2MBindUs,

    /// <summary>KiB copied into device memory (STA-008).</summary>
    SvmDeviceCopyKb,

    /// <summary>Microseconds of that (STA-008).</summary>
    SvmDeviceCopyUs,

    /// <summary>The same by size of what was migrated (STA-008); ranges of 4 KiB.</summary>
    Svm4KDeviceCopyUs,

    /// <summary>The same by size of what was migrated (STA-008); ranges of 64 KiB.</summary>
    Svm64KDeviceCopyUs,

    /// <summary>The same by size of what was migrated (STA-008); ranges of 2 MiB.</summary>
    Svm2MDeviceCopyUs,

    /// <summary>KiB copied out of device memory (STA-009).</summary>
    SvmCpuCopyKb,

    /// <summary>Microseconds of that (STA-009).</summary>
    SvmCpuCopyUs,

    /// <summary>The same by size of what was migrated (STA-009); ranges of 4 KiB.</summary>
    Svm4KCpuCopyUs,

    /// <summary>The same by size of what was migrated (STA-009); ranges of 64 KiB.</summary>
    Svm64KCpuCopyUs,

    /// <summary>The same by size of what was migrated (STA-009); ranges of 2 MiB.</summary>
    Svm2MCpuCopyUs,

    /// <summary>Pages in page reclaim lists (PT-206); of 4 KiB.</summary>
    Prl4KEntryCount,

    /// <summary>Pages in page reclaim lists (PT-206); of 64 KiB.</summary>
    Prl64KEntryCount,

    /// <summary>Pages in page reclaim lists (PT-206); of 2 MiB.</summary>
    Prl2MEntryCount,

    /// <summary>Invalidations that a page reclaim list went with (PT-206).</summary>
    PrlIssuedCount,

    /// <summary>Page reclaim lists that were given up, so that everything is flushed (PT-193, PT-206).</summary>
    PrlAbortedCount,
}

/// <summary>The counters of one GT under the driver's names (specification 04 chapter 15).</summary>
/// <remarks>Concurrency: any thread counts, by one interlocked addition; who counts often, and alone, has a lane of its own.</remarks>
public sealed class GtStatistics
{
    private static readonly string[] DriverNames = [.. Enum.GetNames<GtCounter>().Select(NameOf)];

    private readonly long[] _values = new long[DriverNames.Length];
    private readonly List<Lane> _lanes = [];

    /// <summary>What the TLB side has counted, which is counted there only.</summary>
    internal Func<long>? TlbInvalidations { get; set; }

    /// <summary>The driver's names, by counter.</summary>
    public static IReadOnlyList<string> Names => DriverNames;

    /// <summary>The value of a counter.</summary>
    public long this[GtCounter counter] => Interlocked.Read(ref _values[(int)counter]) + CountedElsewhere(counter);

    /// <summary>Sets all counters to zero, as a write to the driver's <c>stats</c> file does.</summary>
    public void Clear()
    {
        for (int i = 0; i < _values.Length; i++)
            Interlocked.Exchange(ref _values[i], -CountedElsewhere((GtCounter)i));
    }

    /// <summary>A lane for who counts alone; while the device is being made.</summary>
    internal Lane AddLane()
    {
        var lane = new Lane();
        _lanes.Add(lane);
        return lane;
    }

    private long CountedElsewhere(GtCounter counter)
    {
        long count = counter == GtCounter.TlbInvalCount && TlbInvalidations is { } sent ? sent() : 0;
        foreach (Lane lane in _lanes)
            count += lane.Read(counter);
        return count;
    }

    /// <summary>Counts. Time passes in few calls, as the clock is virtual as a rule: adding nothing costs nothing.</summary>
    internal void Add(GtCounter counter, long amount = 1)
    {
        if (amount != 0)
            Interlocked.Add(ref _values[(int)counter], amount);
    }

    /// <summary>Counts for a range of a size: the first of the three is named.</summary>
    internal void AddSized(GtCounter of4K, ulong size, long amount = 1) => Add(OfSize(of4K, size), amount);

    private static GtCounter OfSize(GtCounter of4K, ulong size) => of4K + (size >= 1 << 21 ? 2 : size >= 1 << 16 ? 1 : 0);

    /// <summary><c>Svm64KPagefaultCount</c> becomes <c>svm_64K_pagefault_count</c>, and <c>Prl64KEntryCount</c>
    /// <c>prl_64k_entry_count</c>.</summary>
    private static string NameOf(string name)
    {
        bool hasSmallUnits = name.StartsWith("Prl", StringComparison.Ordinal);
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool isSize = char.IsDigit(name[i]) || (i > 0 && char.IsDigit(name[i - 1]));
            bool begins = i > 0 && (isSize ? char.IsDigit(name[i]) && !char.IsDigit(name[i - 1]) : char.IsUpper(name[i]));
            if (begins)
                text.Append('_');
            text.Append(isSize && !hasSmallUnits ? name[i] : char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }

    /// <summary>Counters that are not 0, by the driver's names.</summary>
    public override string ToString() => string.Join(
        ", ", Enum.GetValues<GtCounter>().Where(counter => this[counter] != 0).Select(counter => $"{Names[(int)counter]} {this[counter]}")
            .DefaultIfEmpty("nothing counted"));

    /// <summary>What one of those who count adds, by plain additions.</summary>
    /// <remarks>Concurrency: one thread at a time counts; any thread reads.</remarks>
    internal sealed class Lane
    {
        private readonly long[] _values = new long[DriverNames.Length];

        public long Read(GtCounter counter) => Volatile.Read(ref _values[(int)counter]);

        public void Add(GtCounter counter) => Volatile.Write(ref _values[(int)counter], _values[(int)counter] + 1);

        /// <summary>As <see cref="GtStatistics.AddSized"/>.</summary>
        public void AddSized(GtCounter of4K, ulong size, long amount = 1)
        {
            if (amount == 0)
                return;
            ref long value = ref _values[(int)OfSize(of4K, size)];
            Volatile.Write(ref value, value + amount);
        }
    }
}
