using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;
using XePt.Cli.Traces.Fields;
using XePt.Cli.Traces.Processes;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>What a record says should come of it; null means it says nothing about that.</summary>
/// <param name="Errno">The errno.</param>
/// <param name="Rule">Rule id of the rejection.</param>
/// <param name="Vmas">The complete VMA list of the VM the call is about.</param>
/// <param name="Digest">The digest of that VM.</param>
/// <param name="Values">What the call gives back beside handles.</param>
internal sealed record Expectation(Errno? Errno, string? Rule, IReadOnlyList<ExpectedVma>? Vmas, string? Digest, ulong[]? Values)
{
    /// <summary>Fields that the call gives back.</summary>
    public FieldExpectation? Fields { get; init; }

    /// <summary>The bytes that it reads.</summary>
    public ExpectedBytes? Bytes { get; init; }

    /// <summary>How an access ends.</summary>
    public string? Outcome { get; init; }

    /// <summary>How each access of a batch ends.</summary>
    public string[]? Outcomes { get; init; }

    /// <summary>The complete list of the SVM ranges of the VM the record is about.</summary>
    public IReadOnlyList<ExpectedRange>? Ranges { get; init; }

    public static Expectation Read(JsonElement value)
    {
        var fields = new JsonFields(value, "expect");
        var expected = new Expectation(
            fields.TryTake("errno", out JsonElement errno) ? errno.ToErrno("errno") : null,
            fields.TakeText("rule"),
            fields.TryTake("vmas", out JsonElement vmas) ? [.. vmas.ToArray("vmas").Select(ExpectedVma.Read)] : null,
            fields.TakeText("digest"),
            fields.TryTake("values", out JsonElement values)
                ? [.. values.ToArray("values").Select(element => element.ToUInt64("values"))] : null)
        {
            Fields = fields.TryTake("fields", out JsonElement given) ? new FieldExpectation(given.Clone()) : null,
            Outcome = fields.TryTake("outcome", out JsonElement outcome) ? ReadOutcome(outcome) : null,
            Outcomes = fields.TryTake("outcomes", out JsonElement outcomes) ? [.. outcomes.ToArray("outcomes").Select(ReadOutcome)] : null,
            Ranges = fields.TryTake("ranges", out JsonElement ranges) ? [.. ranges.ToArray("ranges").Select(ExpectedRange.Read)] : null,
            Bytes = ExpectedBytes.Take(fields),
        };
        fields.End();
        return expected;
    }

    /// <summary>Says how a result, and the state after it, differ.</summary>
    public IReadOnlyList<string> Compare(TracePlayer player, in CallResult result)
    {
        var differences = new List<string>();
        if (Errno is { } errno && errno != result.Errno)
            differences.Add(
                $"expected errno {ErrnoText.Of(errno)}, got {(result.Why.IsRejected ? $"{result.Why}" : ErrnoText.Of(result.Errno))}");
        if (Rule is not null && Rule != result.Why.RuleId)
            differences.Add($"expected rule {Rule}, got {result.Why.RuleId ?? "none"}");
        if (Values is not null && !Values.SequenceEqual(result.Values))
            differences.Add($"expected values [{string.Join(", ", Values)}], got [{string.Join(", ", result.Values)}]");
        if (Outcome is not null && Outcome != result.Outcome)
            differences.Add(
                $"expected outcome {Outcome}, " +
                $"got {result.Outcome ?? throw new MalformedRecordException("'expect': only accesses of the GPU have an outcome")}");
        if (Outcomes is not null && !Outcomes.SequenceEqual(result.Outcomes))
            differences.Add($"expected outcomes [{string.Join(", ", Outcomes)}], got [{string.Join(", ", result.Outcomes)}]");
        // Of a call that failed unexpectedly that is what matters.
        if (Fields is not null && differences.Count == 0)
            Fields.Compare(
                result.Fields ?? throw new MalformedRecordException("'expect': the record gives back no 'fields'"), player, differences);
        if (differences.Count == 0)
            Bytes?.Compare(result, differences);
        if (Vmas is not null || Digest is not null || Ranges is not null)
            CompareVm(player, player.File.FindVm(result.VmId), differences);
        return differences;
    }

    private static string ReadOutcome(JsonElement value)
    {
        string outcome = value.ToText("outcome");
        string[] known = [.. Enum.GetValues<GpuAccessStatus>().Select(AccessText.WordOf)];
        return known.Contains(outcome, StringComparer.Ordinal)
            ? outcome : throw new MalformedRecordException($"'outcome': unknown \"{outcome}\"{NearestName.HintAndNames(outcome, known)}");
    }

    private void CompareVm(TracePlayer player, XeVm? vm, List<string> differences)
    {
        if (vm is null)
        {
            // A call that failed unexpectedly because its VM is not there has been found out already.
            if (differences.Count == 0)
                throw new MalformedRecordException("'expect': 'vmas', 'ranges' and 'digest' need a record about a VM that exists");
            return;
        }

        if (Vmas is not null)
            ExpectedVma.Compare(Vmas, StateCapture.VmasOf(vm, player), differences);
        if (Ranges is not null)
            ExpectedRange.Compare(Ranges, StateCapture.MirrorsOf(vm, player.Client), differences);
        if (Digest is not null && StateDigest.Of(StateCapture.Of(vm, player)) is var digest && digest != Digest)
            differences.Add($"expected digest {Digest}, got {digest}");
    }
}
