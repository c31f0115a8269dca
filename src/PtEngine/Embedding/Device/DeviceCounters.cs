using XePt.Diagnostics;

namespace XePt;

/// <summary>The counters of a device under the names that meters show them by.</summary>
internal static class DeviceCounters
{
    public static void OfGt(int gt, GtStatistics statistics, List<CounterValue> into)
    {
        for (int i = 0; i < GtStatistics.Names.Count; i++)
            into.Add(new CounterValue(GtStatistics.Names[i], gt, 0, statistics[(GtCounter)i]));
    }

    public static void OfVm(int vm, in VmCounters counters, List<CounterValue> into)
    {
        Add(CounterNames.Commits, counters.Commits);
        Add(CounterNames.EntriesPublished, counters.EntriesPublished);
        Add(CounterNames.TablesMade, counters.TablesMade);
        Add(CounterNames.TablesRetired, counters.TablesRetired);
        Add(CounterNames.TablesFreed, counters.TablesFreed);
        Add(CounterNames.RequestInvalidations, counters.RequestInvalidations);
        Add(CounterNames.ZapInvalidations, counters.ZapInvalidations);
        Add(CounterNames.RangeInvalidations, counters.RangeInvalidations);
        Add(CounterNames.BatchInvalidations, counters.BatchInvalidations);
        Add(CounterNames.UserptrInvalidations, counters.UserptrInvalidations);
        Add(CounterNames.UserptrRepins, counters.UserptrRepins);
        Add(CounterNames.Warnings, counters.Warnings);

        void Add(string name, long value) => into.Add(new CounterValue(name, -1, vm, value));
    }

    public static void OfMoves(in MoveCounters counters, List<CounterValue> into)
    {
        Add(CounterNames.Moves, counters.Moves);
        Add(CounterNames.Evictions, counters.Evictions);
        Add(CounterNames.EvictedBytes, counters.EvictedBytes);
        Add(CounterNames.BusyMoves, counters.BusyMoves);
        Add(CounterNames.Rebinds, counters.Rebinds);
        Add(CounterNames.Preemptions, counters.Preemptions);

        void Add(string name, long value) => into.Add(new CounterValue(name, -1, 0, value));
    }
}
