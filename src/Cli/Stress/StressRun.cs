using System.Collections.Concurrent;
using System.Diagnostics;
using XePt.Diagnostics;

namespace XePt.Cli.Stress;

/// <summary>Runs binders, walkers and invalidators against each other on one device, each on a thread of the tool's own.</summary>
internal sealed class StressRun(StressOptions options)
{
    private const int EventsKept = 1 << 14;

    private const int Warmup = 2;

    // Memory is at its height when the scheduler stops a walker in the middle of a walk, because tables pile up behind it. So the warm-up
    // has one walk that lasts longer than a scheduler is likely to stop anybody for.
    private const int LongWalkMs = 400;

    private readonly ConcurrentQueue<Fence> _fences = new();
    private readonly List<Binder> _binders = [];
    private readonly List<Walker> _walkers = [];
    private readonly List<Invalidator> _invalidators = [];
    private volatile bool _stops;
    private string? _failure;

    /// <summary>Ends a run before its time; any thread may.</summary>
    public void Stop() => _stops = true;

    /// <summary>Runs and reports.</summary>
    /// <param name="progress">Told the elapsed share in per mille now and then.</param>
    public StressResult Run(Action<long>? progress = null)
    {
        var device = new XeDevice(options.Platform);
        if (options.Events is not null)
            device.Recorder.Start(EventsKept, clock: XeRecorderClock.Real);
        var checker = new CoherenceChecker(device.Tlb);
        var tlb = new ReferenceTlb(device.Tlb, 0) { Checker = checker };
        options.Prepare?.Invoke(device, tlb);
        int binders = Math.Max(1, options.Threads / 2);
        StressVm[] vms = [.. Enumerable.Range(0, binders).Select(number => new StressVm(device, checker, number))];
        Thread[] threads = [.. Enumerable.Range(0, options.Threads).Select(i =>
            i < binders ? BinderThread(vms[i], device, i) : WalkerThread(vms, tlb, checker, i, i - binders, options.Threads - binders))];
        var time = Stopwatch.StartNew();
        Array.ForEach(threads, thread => thread.Start());
        long warm = Wait(device, checker, threads, time, progress);
        Array.ForEach(threads, thread => thread.Join());
        double seconds = time.Elapsed.TotalSeconds;
        SignalAll();
        if (_failure is null)
            _binders.ForEach(binder => binder.Finish());
        return End(device, vms, tlb, checker, seconds, warm);
    }

    private void SignalAll()
    {
        while (_fences.TryDequeue(out Fence fence))
            fence.TrySignal();
    }

    private static void WalkSlowly(XeDevice device)
    {
        using WalkPin pin = device.EnterWalk();
        Thread.Sleep(LongWalkMs);
    }

    private long Wait(XeDevice device, CoherenceChecker checker, Thread[] threads, Stopwatch time, Action<long>? progress)
    {
        long warm = 0;
        bool hasWalkedSlowly = options.Seconds == 0;
        while (threads.Any(thread => thread.IsAlive))
        {
            Thread.Sleep(20);
            // What comes after would only overwrite what led to it.
            if (checker.ViolationCount > 0 || _failure is not null)
                device.Recorder.Stop();
            double share = options.Seconds > 0 ? time.Elapsed.TotalSeconds / options.Seconds : Math.Min((double)_binders.Min(
                binder => binder.Binds + binder.Unbinds), _walkers.Min(walker => walker.Translations) / 20.0) / options.Rounds;
            if (!hasWalkedSlowly && share * 2 * Warmup >= 1)
            {
                hasWalkedSlowly = true;
                WalkSlowly(device);
            }

            if (warm == 0 && share * Warmup >= 1)
                warm = HeldBytes(device);
            if (share >= 1 || _failure is not null)
                _stops = true;
            progress?.Invoke((long)(Math.Min(share, 1) * 1000));
            // A binder that has stopped signals nothing any more, and an invalidator may be waiting behind its binds.
            if (_stops)
                SignalAll();
        }

        return warm;
    }

    private Thread BinderThread(StressVm vm, XeDevice device, int number)
    {
        var binder = new Binder(vm, device, _fences, options.Seed + number);
        _binders.Add(binder);
        return new Thread(() => Loop(binder.Step));
    }

    private Thread WalkerThread(StressVm[] vms, ReferenceTlb tlb, CoherenceChecker checker, int number, int index, int count)
    {
        var walker = new Walker(vms, tlb, checker, _fences, number, options.Seed + number);
        var invalidator = new Invalidator([.. vms.Where((_, vm) => vm % count == index)], options.Seed - number);
        _walkers.Add(walker);
        _invalidators.Add(invalidator);
        bool hasVms = vms.Length > index;
        int round = 0;
        return new Thread(() => Loop(() =>
        {
            walker.Step();
            if (hasVms && ++round % 50 == 0)
                invalidator.Step();
        }));
    }

    private void Loop(Action step)
    {
        try
        {
            while (!_stops)
                step();
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, $"{e.GetType().Name}: {e.Message}", null);
        }
    }

    private StressResult End(XeDevice device, StressVm[] vms, ReferenceTlb tlb, CoherenceChecker checker, double seconds, long warm)
    {
        TlbUnitCounters units = tlb.Counters;
        _walkers.ForEach(walker => walker.Dispose());
        long growth = warm == 0 ? 0 : HeldBytes(device) - warm;
        (long retired, long freed) = TableCounts(vms);
        foreach (StressVm vm in vms)
            vm.File.Dispose();
        long invalidations = tlb.FlushCounters.Invalidations;
        tlb.Dispose();
        if (options.Events is { } events && (checker.ViolationCount > 0 || _failure is not null))
            device.Recorder.Dump(events);
        int leaked = device.TablesInUse;
        device.Dispose();
        return new StressResult
        {
            Seconds = seconds,
            Binds = _binders.Sum(binder => binder.Binds),
            Unbinds = _binders.Sum(binder => binder.Unbinds),
            Deferred = _binders.Sum(binder => binder.Deferred),
            Zaps = _invalidators.Sum(invalidator => invalidator.Zaps),
            BusyZaps = _invalidators.Sum(invalidator => invalidator.Busy),
            Faults = _invalidators.Sum(invalidator => invalidator.Faults),
            Translations = _walkers.Sum(walker => walker.Translations),
            TlbHits = units.Hits,
            TlbMisses = units.Misses,
            Invalidations = invalidations,
            Violations = checker.ViolationCount,
            First = checker.Violations,
            Unjudged = checker.Unjudged,
            TablesRetired = retired,
            TablesRecycled = freed,
            TablesLeaked = leaked,
            MemoryPeak = Process.GetCurrentProcess().PeakWorkingSet64,
            MemoryGrowth = growth,
            Failure = _failure,
        };
    }

    private static long HeldBytes(XeDevice device) => device.Memory.Pools.Sum(pool => pool.HeldBytes);

    private static (long Retired, long Freed) TableCounts(StressVm[] vms) =>
        (vms.Sum(vm => vm.Vm.Context.Tables.Sum(tile => tile.Retired.RetiredCount)),
            vms.Sum(vm => vm.Vm.Context.Tables.Sum(tile => tile.Retired.FreedCount)));
}
