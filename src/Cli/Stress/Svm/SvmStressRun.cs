using System.Diagnostics;

namespace XePt.Cli.Stress.Svm;

/// <summary>What a run found.</summary>
/// <param name="Seconds">How long it took.</param>
/// <param name="Rows">Counts by name.</param>
/// <param name="Failure">What the first thread that failed ended with, or null.</param>
/// <param name="Left">What is left of everything afterwards, in words; empty when nothing is.</param>
internal sealed record SvmStressResult(double Seconds, IReadOnlyList<(string Name, long Value)> Rows, string? Failure, string Left)
{
    public bool IsGood => Failure is null && Left.Length == 0;
}

/// <summary>Faults, binds, migrations and changes of a process against each other, each thread with memory of its own that all look
/// at.</summary>
internal sealed class SvmStressRun(StressOptions options)
{
    private volatile bool _stops;
    private string? _failure;

    /// <summary>Ends a run before its time; any thread may.</summary>
    public void Stop() => _stops = true;

    /// <summary>Runs and reports.</summary>
    /// <param name="progress">Told the elapsed share in per mille now and then.</param>
    public SvmStressResult Run(Action<long>? progress = null)
    {
        using var world = new SvmWorld(options);
        PumpThread? pump = options.IsInline ? null : new PumpThread(world.Device, Fail);
        SvmWorker[] workers = [.. Enumerable.Range(0, options.Threads).Select(number => new SvmWorker(world, number, options.Seed))];
        Thread[] threads = [.. workers.Select(worker => new Thread(() => Loop(worker)))];
        var time = Stopwatch.StartNew();
        Array.ForEach(threads, thread => thread.Start());
        while (threads.Any(thread => thread.IsAlive))
        {
            Thread.Sleep(20);
            double share = options.Seconds > 0 ? time.Elapsed.TotalSeconds / options.Seconds : 0;
            if (share >= 1 || _failure is not null || world.Checker.ViolationCount > 0)
                _stops = true;
            progress?.Invoke((long)(Math.Min(share, 1) * 1000));
        }

        Array.ForEach(threads, thread => thread.Join());
        double seconds = time.Elapsed.TotalSeconds;
        foreach (SvmWorker worker in workers)
        {
            Try(worker.LookAtAll);
            worker.Dispose();
        }

        Try(() => AwaitAnswers(world, workers));
        pump?.Dispose();
        // Data may still have been right: the stale translation led to bytes that nobody had changed yet.
        if (world.Checker.ViolationCount > 0)
            _failure ??= $"coherence violation: {world.Checker.Violations[0]}";
        // A change that was not waited for loses bytes only when an access is in their middle.
        long timeouts = world.Gts.Sum(gt => world.Device.Tlb.GetCounters(gt).Timeouts);
        if (timeouts > 0)
            _failure ??= $"{timeouts} invalidations timed out, of which none has hung";
        string left = _failure is null ? world.TakeApart() : "";
        IEnumerable<(string Name, long Value)> rows = workers.SelectMany(worker => worker.Counters.Rows)
            .GroupBy(row => row.Name, (name, of) => (name, of.Sum(row => row.Value)));
        (string, long)[] ofWorld =
        [
            ("late copies", world.Copies?.Count ?? 0), ("failed copies", world.Copies?.Failed ?? 0),
            ("tlb timeouts", timeouts), ("checked uses", world.Checker.Uses), ("coherence violations", world.Checker.ViolationCount),
        ];
        return new SvmStressResult(seconds, [.. rows, .. ofWorld], _failure, left);
    }

    /// <summary>Every fault is answered once, but those that were lost or forgotten.</summary>
    private void AwaitAnswers(SvmWorld world, SvmWorker[] workers)
    {
        long raised = workers.Sum(worker => worker.Counters.Faults + worker.Counters.QueuedFaults);
        long owed = raised - world.Device.LostFaults - workers.Sum(worker => worker.Counters.ForgottenFaults);
        if (_failure is null)
            SpinWait.SpinUntil(() => world.Answers.Count >= owed, SvmWorld.MostTime);
        SvmWorld.Require(world.Answers.Count == owed, $"{world.Answers.Count} answers to {owed} faults");
    }

    private void Loop(SvmWorker worker)
    {
        int round = 0;
        Try(() =>
        {
            while (!_stops && (options.Seconds > 0 || round++ < options.Rounds))
                worker.Step();
        });
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, $"{e.GetType().Name}: {e.Message}", null);
}
