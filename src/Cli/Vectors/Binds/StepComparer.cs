using XePt.Cli.Vectors.Checks;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Compares what a step did, and the state it left, with the vector; everything the vector says.</summary>
internal sealed class StepComparer(BindSession session, VectorConfig config, ExpectedState expected)
{
    private long _warnings;
    private long _invalidations;

    /// <summary>The first difference of the VM before any step.</summary>
    public static Difference? CompareStart(VmRecord vm, BindSession session)
    {
        if (session.CreateError != vm.Error || session.Vm is not { } created)
            return DifferenceIn("VM create err", ErrorComparison.TextOf(vm.Error), ErrorComparison.TextOf(session.CreateError));

        PlatformInfo platform = created.File.Device.Platform;
        return Compare("VM size", $"0x{vm.Size:x}", $"0x{created.Size:x}")
            ?? Compare("VM levels", $"{vm.Levels}", $"{platform.LevelCount}")
            ?? Compare("VM need64k", $"{vm.Needs64K}", $"{platform.VramNeeds64K}")
            ?? Compare("VM scratch", $"{vm.HasScratch}", $"{created.HasScratch}")
            ?? Compare("VM empty entries", TextOf(vm.Empty), TextOf(EmptyEntries(created, vm.Levels)))
            ?? Compare("VM root descriptor", $"0x{vm.RootDescriptor:x}", $"0x{created.RootDescriptor() & ~TableComparer.AddressBits:x}");
    }

    /// <summary>The first difference in what the call returned and counted, or null. To be asked once after each step.</summary>
    public Difference? CompareResult(BindStep step, Errno error)
    {
        StepOutput output = step.Output;
        VmCounters counters = session.Vm!.Counters;
        long warnings = counters.Warnings - _warnings;
        long invalidations = counters.ZapInvalidations - _invalidations;
        (_warnings, _invalidations) = (counters.Warnings, counters.ZapInvalidations);
        if (error != output.Error)
            return DifferenceIn("err", ErrorComparison.TextOf(output.Error),
                error < 0 ? $"{session.WhyRefused(step.Input)}" : ErrorComparison.TextOf(error));
        return Compare("warn", output.Warnings, warnings)
            ?? Compare("inval", output.Invalidations, invalidations)
            ?? Compare("seqno", output.FlushSeqno, (long)session.Vm.TlbFlushSeqno);
    }

    /// <summary>The first difference in the op list and in what was staged, or null.</summary>
    public Difference? CompareReport(StepOutput output)
    {
        RequestReport report = session.Vm!.GetLastRequest();
        UpdateRecord? update = report.Updates.Count == 0 ? null : UpdateRecord.Of(report.Updates[0]);
        return CompareActions(output.Actions) ?? (output.Update == update
            ? null
            : DifferenceIn("upd", output.Update?.ToString() ?? "null", update?.ToString() ?? "null"));
    }

    /// <summary>The first difference in the op list, or null.</summary>
    public Difference? CompareActions(ActionRecord[] actions) => ListComparison.Compare(
        "op", actions, [.. session.Vm!.GetLastRequest().Actions.Select(action => ActionRecord.Of(action, session.Bos))]);

    /// <summary>The first difference in the VMA list and the tables, or null. The step's output is already applied to the expected
    /// state.</summary>
    /// <param name="index">Index of the step.</param>
    public Difference? CompareState(int index) =>
        ListComparison.Compare("VMA", expected.Vmas, session.GetVmas(), vma => vma.Address)
        ?? TableComparer.Compare(session.Vm!, expected, config.Platform.FormatId, index);

    private static ulong[] EmptyEntries(XeVm vm, int levels) =>
        [.. Enumerable.Range(0, levels)
            .Select(level => level > 2 ? vm.EmptyEntry(level) & ~TableComparer.AddressBits : vm.EmptyEntry(level))];

    private static string TextOf(ulong[] entries) => string.Join(' ', entries.Select(entry => $"0x{entry:x}"));

    private static Difference? Compare<T>(string what, T expected, T found)
        where T : notnull => expected.Equals(found) ? null : DifferenceIn(what, $"{expected}", $"{found}");

    private static Difference DifferenceIn(string what, string expected, string found) => new(what, expected, found);
}
