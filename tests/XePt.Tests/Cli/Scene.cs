using XePt.Cli;
using XePt.Cli.Console;
using XePt.Cli.Exec;
using XePt.Cli.Profile;
using XePt.Cli.Reports;
using XePt.Cli.Stress;
using XePt.Cli.Stress.Svm;
using XePt.Devices;
using XePt.Diagnostics;
using XePt.Uapi.Formats;

namespace XePt.Tests.Cli;

/// <summary>Something that a person sees of the tool. It is named after its verb; where there are several of one,
/// <c>verb-what</c>.</summary>
/// <param name="Run">Shows it on a screen.</param>
/// <param name="ExitCode">What the tool returns.</param>
internal sealed record Scene(Func<Screen, CliRun> Run, int ExitCode = 0)
{
    private const string Traces = "tests/XePt.Tests/Cli/Scenes";

    private static StressOptions Options { get; } = new(10, 8, Seed: 7);

    private static StressResult Good { get; } = new()
    {
        Seconds = 10.04,
        Binds = 1_234_567,
        Unbinds = 1_234_560,
        Deferred = 300_123,
        Zaps = 5021,
        BusyZaps = 17,
        Faults = 4987,
        Translations = 98_765_432,
        TlbHits = 87_654_321,
        TlbMisses = 11_111_111,
        Invalidations = 2_469_127,
        Violations = 0,
        First = [],
        Unjudged = 1042,
        TablesRetired = 90_210,
        TablesRecycled = 90_210,
        TablesLeaked = 0,
        MemoryPeak = 123_456_789,
        MemoryGrowth = 0,
        Failure = null,
    };

    private static SvmStressResult GoodSvm { get; } = new(
        10.04, [("gpu accesses", 1_234_567), ("faults", 54_321), ("changes", 12_345), ("violations", 0), ("coherence violations", 0)],
        Failure: null, Left: "");

    /// <summary>All scenes by name.</summary>
    public static IReadOnlyDictionary<string, Scene> All { get; } = new Dictionary<string, Scene>(Verbs())
    {
        ["help"] = Of("--help"),
        ["error-no-verb"] = Failing(2),
        ["error-verb"] = Failing(2, "explian", "samples/mistakes.xetrace"),
        ["error-option"] = Failing(2, "walk", "samples/vulkan-sparse.xetrace", "0x7f0000000000", "--tyle", "1"),
        ["error-argument"] = Failing(2, "walk", "samples/vulkan-sparse.xetrace"),
        ["error-extra"] = Failing(2, "stress", "5"),
        ["error-no-value"] = Failing(2, "run", "samples/vulkan-sparse.xetrace", "--platform"),
        ["error-neither"] = Failing(2, "explain"),
        ["error-value"] = Failing(2, "pte", "0x4000000080010803", "--platform", "dg3", "--level", "0"),
        ["error-input"] = Failing(2, "walk", "samples/vulkan-sparse.xetrace", "0x1000000000000"),
        ["error-trace"] = Failing(2, "map", $"{Traces}/malformed.xetrace"),
        ["error-refused"] = Failing(2, "run", $"{Traces}/stopped.xetrace"),
        ["run"] = Of("run", "samples/mirror-lifecycle.xetrace", "--expect"),
        ["run-async"] = Of("run", "samples/async-binds.xetrace"),
        ["run-batches"] = Of("run", "samples/batches.xetrace", "--expect"),
        ["run-tiles"] = Of("run", "samples/userptr.xetrace", "--platform", "pvc-2t"),
        ["run-svm"] = Of("run", "samples/shared-usm-bmg.xetrace", "--expect"),
        ["run-svm-tiles"] = Of("run", "samples/shared-usm-bmg.xetrace", "--platform", "pvc-2t", "--stop-at", "11"),
        ["run-unmet"] = Failing(1, "run", $"{Traces}/unmet.xetrace", "--expect"),
        ["run-stopped"] = Failing(1, "run", $"{Traces}/stopped.xetrace", "--expect"),
        ["run-many"] = Failing(2, "run", Traces, "--expect"),
        ["run-many-good"] = Of("run", $"{Traces}/good.xetrace", "samples/mirror-lifecycle.xetrace", "--expect"),
        ["run-many-played"] = Of("run", $"{Traces}/good.xetrace", $"{Traces}/unmet.xetrace"),
        ["run-quiet"] = Failing(2, "run", Traces, "--expect", "--quiet"),
        ["map"] = Of("map", "samples/vulkan-sparse.xetrace"),
        ["map-57-bits"] = Of("map", "samples/compute-usm.xetrace"),
        ["map-tiles"] = Of("map", "samples/compute-usm.xetrace", "--platform", "pvc-2t", "--stop-at", "8"),
        ["map-many"] = Of("map", "samples/residency-churn.xetrace.gz"),
        ["map-all"] = Of("map", "samples/residency-churn.xetrace.gz", "--all", "--stop-at", "700"),
        ["map-merge"] = Of("map", "samples/mistakes.xetrace", "--merge"),
        ["map-none"] = Of("map", "samples/vulkan-anv.xetrace"),
        ["svm"] = Of("svm", "samples/shared-usm-bmg.xetrace"),
        ["svm-integrated"] = Of("svm", "samples/shared-usm-lnl.xetrace"),
        ["svm-notifiers"] = Of("svm", "samples/mirror-round.xetrace", "--notifiers"),
        ["svm-none"] = Of("svm", "samples/vulkan-sparse.xetrace"),
        ["walk"] = Of("walk", "samples/mirror-lifecycle.xetrace", "0x7f2000001234"),
        ["walk-scratch"] = Of("walk", "samples/vulkan-sparse.xetrace", "1000"),
        ["walk-none"] = Of("walk", "samples/mirror-lifecycle.xetrace", "1000"),
        ["pte"] = Of("pte", "0x4000000080010803", "--platform", "dg2", "--level", "0", "--compact"),
        ["pte-reserved"] = Of("pte", "0xffffffffffffffff", "--platform", "lnl", "--level", "0"),
        ["explain"] = Of("explain", "samples/mistakes.xetrace"),
        ["explain-line"] = Of("explain", "samples/mistakes.xetrace", "--line", "12"),
        ["explain-accepted"] = Of("explain", "samples/mirror-lifecycle.xetrace", "--line", "2"),
        ["explain-none"] = Of("explain", $"{Traces}/good.xetrace"),
        ["explain-op"] = Of("explain", "--op", "op=MAP,flags=NULL,obj=1,range=0x1000"),
        ["diff"] = Failing(1, "diff", "samples/mirror-lifecycle.xetrace", "samples/compute-usm.xetrace"),
        ["diff-same"] = Of("diff", "samples/userptr.xetrace", "samples/userptr.xetrace"),
        ["uapi"] = Of("uapi"),
        ["verify"] = Of("verify", "tests/vectors/encode.jsonl.gz"),
        ["verify-failing"] = Failing(2, "verify", $"{Traces}/vectors"),
        ["import"] = Of("import", "tests/XePt.Tests/Cli/Import/recorded.log"),
        ["import-several"] = Of("import", "tests/XePt.Tests/Cli/Import/several.log", "--client", "1"),
        ["import-none"] = Failing(2, "import"),
        ["exec"] = Written(terminal => CallRecord.Tell(terminal, "calls.xetrace", 3113, 17, [new("GET_CAP", 2), new("VERSION", 40)])),
        ["exec-report"] = Written(terminal => ExecReport.Write(terminal, MadeUp.Program)),
        ["exec-report-wrong"] = Written(terminal => ExecReport.Write(terminal, MadeUp.ProgramWithViolations)),
        ["exec-report-nothing"] = Written(terminal => ExecReport.Write(terminal, MadeUp.Program with { Processes = [], ExitCode = 127 })),
        ["exec-none"] = Failing(2, "exec", "--library", "tests", "--", "true"),
        ["stress"] = Written(terminal => StressReport.Write(terminal, Options, Good)),
        ["stress-violations"] = Written(terminal => StressReport.Write(terminal, Options, Good with
        {
            Violations = 2,
            First = [Violation(CoherenceViolationKind.NotFlushed, 7), Violation(CoherenceViolationKind.UnknownMapping, 0)],
            TablesLeaked = 3,
            Failure = "InvalidOperationException: the walker met a table that is no longer there",
        })),
        ["stress-svm"] = Written(terminal => StressReport.Write(terminal, Options, GoodSvm)),
        ["stress-svm-left"] = Written(terminal => StressReport.Write(terminal, Options, GoodSvm with
        {
            Left = "2 ranges at 0x7f0000000000 and 0x7f0000200000, 1 notifier, 4 pages of VRAM",
        })),
        ["profile"] = Of("profile", $"{Traces}/good.xetrace"),
        ["top"] = Of("top", "4711", "--count", "2"),
        ["top-processes"] = Of("top"),
        ["top-nothing"] = Of("top", "4712", "--count", "1"),
    };

    /// <summary>The help of each verb.</summary>
    private static IEnumerable<KeyValuePair<string, Scene>> Verbs() =>
        XeptTool.Create().Subcommands.Select(verb => KeyValuePair.Create($"help-{verb.Name}", Of(verb.Name, "--help")));

    /// <summary>A command line, run at the root of the repository in a process that others can be looked into from.</summary>
    private static Scene Of(params string[] args) => Failing(0, args);

    private static Scene Failing(int exitCode, params string[] args) =>
        new(screen => CliRun.Of(new FixedEvents(), screen, args), exitCode);

    /// <summary>What a verb writes of a result that no two runs have.</summary>
    private static Scene Written(Action<Terminal> write) => new(screen =>
    {
        using var output = new StringWriter();
        write(new Terminal(output, output, screen, screen));
        return new CliRun(0, output.ToString(), "");
    });

    private static CoherenceViolation Violation(CoherenceViolationKind kind, ulong seqno) => new(
        kind, "walker 5", Gt: 0, Vm: 3,
        new Translation(TranslationStatus.Mapped, 0, isCompact: false, PteFormatId.Xe2, 0x7f00_0000_1000, 0x1_2345_6003), seqno,
        Change: 99);

    /// <summary>Processes whose events and counters never change.</summary>
    private sealed class FixedEvents : IEventReader
    {
        public IReadOnlyList<ListenedProcess> Processes => [new(4711, "simulator"), new(4712, "idle")];

        public void Collect(string provider, Action act, Stream stream) => act();

        public void Read(string provider, Stream stream, Action<SeenEvent> see, Action<long> miss) => Array.ForEach(
        [
            At(0, "IoctlStart"), At(1_000, "ValidateStart"), At(3_500, "ValidateStop"), At(4_000, "SplitStart"), At(4_800, "SplitStop"),
            At(5_000, "StageStart"), At(95_000, "StageStop"), At(96_000, "xe_vma_bind"), At(120_000, "IoctlStop"),
            At(2_000_000, "IoctlStart"), At(3_234_567, "IoctlStop"),
        ], see);

        public void Watch(int process, string meter, int seconds, Func<IReadOnlyList<MeterValue>, bool> show)
        {
            double reading = 0;
            while (show(process == 4712 ? [] :
            [
                new("vms", "device=bmg#1", 3, 0), new("binds", "device=bmg#1,vm=1", 1_234_567 + (1000 * reading), 1000 * reading),
                new("tlb_invalidations", "device=bmg#1,gt=0", 2_048, 12.5), new("table_bytes", "device=bmg#1,vm=1", 8_388_608, 0),
            ]))
                reading++;
        }

        private static SeenEvent At(long timeNs, string name) =>
            new(timeNs, XeEventInfo.All.Single(info => info.Name == name).Id, Thread: 1);
    }
}
