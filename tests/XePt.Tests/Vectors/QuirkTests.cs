using System.Text.Json.Nodes;
using XePt.Cli.Console;
using XePt.Cli.Vectors.Binds;
using XePt.Cli.Vectors.Quirks;

namespace XePt.Tests.Vectors;

/// <summary>Sequences that meet a defect of the reference: where they may deviate, and what they must satisfy from there on.</summary>
public sealed class QuirkTests : IDisposable
{
    /// <summary>Line of a sequence of 7 steps that prefetches in step 5 what the same call maps.</summary>
    private const int PrefetchLine = 2;
    private const int PrefetchStep = 5;

    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void A_sequence_that_meets_its_defect_deviates() => AssertCounts(VectorKit.Line("bind_quirks", PrefetchLine), deviating: 1);

    [Fact]
    public void The_same_sequence_fails_when_it_does_not_name_a_defect()
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        sequence.Remove("quirk");
        Assert.Contains($"step {PrefetchStep}: ", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_before_the_defect_fails()
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        Output(sequence, 0)["seqno"] = 1;
        Assert.Contains("step 0: seqno", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PrefetchStep)]
    [InlineData(PrefetchStep + 1)]
    public void An_errno_from_the_defect_on_is_still_compared(int step)
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        Output(sequence, step)["err"] = -1;
        Assert.Contains($"step {step}: err", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_vma_list_from_the_defect_on_is_still_compared()
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        Output(sequence, PrefetchStep)["vmas"]![0]![5] = 1;
        Assert.Contains($"step {PrefetchStep}: VMA 0", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_reference_has_in_its_tables_from_the_defect_on_does_not_matter()
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        Output(sequence, PrefetchStep)["pt_set"] = new JsonArray();
        Output(sequence, PrefetchStep)["pt_del"] = new JsonArray();
        Output(sequence, PrefetchStep + 1)["pt_set"] = new JsonArray();
        Output(sequence, PrefetchStep + 1)["pt_del"] = new JsonArray();
        AssertCounts(sequence, deviating: 1);
    }

    [Fact]
    public void A_split_that_skips_a_piece_of_what_the_call_mapped_is_a_defect()
    {
        var piece = new PieceRecord(0x1000, 0x1000, 0x0, IsSkipped: true);
        Assert.True(Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, piece, null)]));
        Assert.True(Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, null, piece)]));
        Assert.False(Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, piece with { IsSkipped = false }, null)]));
        Assert.False(Occurs([Map(0x1000, 0x2000), Remap(0x9000, 0x2000, piece, null)]));
        Assert.False(Occurs([Remap(0x1000, 0x2000, piece, null)]));
    }

    [Fact]
    public void A_split_that_skips_a_piece_of_a_piece_that_waits_for_its_bind_is_a_defect()
    {
        var waiting = new PieceRecord(0x1000, 0x2000, 0x0, IsSkipped: false);
        var kept = new PieceRecord(0x1000, 0x1000, 0x0, IsSkipped: true);
        Assert.True(Occurs([Remap(0x1000, 0x4000, waiting, null), Remap(0x1000, 0x2000, kept, null)]));
        Assert.False(Occurs([Remap(0x1000, 0x4000, waiting with { IsSkipped = true }, null), Remap(0x1000, 0x2000, kept, null)]));
    }

    [Fact]
    public void A_prefetch_of_what_the_call_mapped_is_a_defect()
    {
        Assert.True(Occurs([Map(0x1000, 0x2000), new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
        Assert.False(Occurs([new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
        Assert.False(
            Occurs([Map(0x1000, 0x2000), new UnmapRecord(0x1000, 0x2000, Keep: false), new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
    }

    /// <summary>What a call maps and does not bind has no entries to lose or to count: a mirror, and in fault mode what is not
    /// immediate.</summary>
    [Fact]
    public void What_the_call_does_not_bind_meets_no_defect()
    {
        var prefetch = new PrefetchRecord(0x1000, 0x2000, Region: 0);
        MapRecord lazy = Map(0x1000, 0x2000) with { Immediate = false };
        Assert.Null(QuirkPattern.Mend([lazy, prefetch], isFaultMode: true));
        Assert.NotNull(QuirkPattern.Mend([lazy, prefetch], isFaultMode: false));
        Assert.NotNull(QuirkPattern.Mend([lazy with { InvalidateOnBind = true }, prefetch], isFaultMode: true));
        Assert.Null(QuirkPattern.Mend([Map(0x1000, 0x2000) with { Flags = VmaLetters.Mirror }, prefetch], isFaultMode: true));
    }

    [Fact]
    public void Without_the_defect_no_piece_of_what_the_call_binds_is_skipped()
    {
        var kept = new PieceRecord(0x1000, 0x1000, 0x0, IsSkipped: true);
        var remap = new RemapRecord(0x1000, 0x2000, Keep: false, 0x2000, 0x1000, kept, null);
        Assert.Equal(
            [Map(0x1000, 0x2000), remap with { UnbindAddress = 0x1000, UnbindRange = 0x2000, Previous = kept with { IsSkipped = false } }],
            QuirkPattern.Mend([Map(0x1000, 0x2000), remap], isFaultMode: false)!);
    }

    [Theory]
    [InlineData("warn")]
    [InlineData("inval")]
    [InlineData("seqno")]
    public void A_difference_that_no_defect_makes_fails_in_the_step_of_the_defect_too(string field)
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        JsonNode output = Output(sequence, PrefetchStep);
        output[field] = (int)output[field]! + 1;
        Assert.Contains($"step {PrefetchStep}: {field}", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_op_list_that_no_defect_makes_fails()
    {
        JsonObject sequence = VectorKit.Line("bind_quirks", PrefetchLine);
        JsonArray ops = Output(sequence, PrefetchStep)["ops"]!.AsArray();
        JsonNode map = ops.First(op => (string)op![0]! == "map")!;
        map[6] = (int)map[6]! + 1;
        Assert.Contains($"step {PrefetchStep}: op ", AssertCounts(sequence, failed: 1).Output, StringComparison.Ordinal);
    }

    /// <summary>pvc-0037 fails in its array, so only what it had staged is told differently; the state after it is compared to the
    /// bit.</summary>
    [Fact]
    public void Behind_a_call_that_meets_a_defect_and_fails_every_entry_is_compared()
    {
        JsonObject sequence = JsonNode.Parse(
            VectorKit.Lines("bind_quirks").Single(line => line.Contains("\"id\":\"pvc-0037\"", StringComparison.Ordinal)))!.AsObject();
        AssertCounts(sequence, deviating: 1);
        JsonNode last = sequence["steps"]!.AsArray().Last(step => step!["out"]!["pt_set"]!.AsArray().Count > 0)!;
        JsonNode table = last["out"]!["pt_set"]![0]!;
        table["n"] = (int)table["n"]! + 1;
        AssertCounts(sequence, failed: 1);
    }

    private static bool Occurs(ActionRecord[] actions) => QuirkPattern.Mend(actions, isFaultMode: true) is not null;

    private static MapRecord Map(ulong address, ulong range) =>
        new(address, range, 1, 0, VmaLetters.None, 0, Immediate: true, InvalidateOnBind: false);

    private static RemapRecord Remap(ulong address, ulong range, PieceRecord? previous, PieceRecord? next) =>
        new(address, range, Keep: false, address, range, previous, next);

    private static JsonNode Output(JsonObject sequence, int step) => sequence["steps"]![step]!["out"]!;

    private ToolResult AssertCounts(JsonObject sequence, int failed = 0, int deviating = 0)
    {
        string path = _kit.Write("quirk.jsonl", sequence);
        JsonObject json = VectorKit.Verify(path, "--json").Json;
        Assert.Equal((failed, deviating), ((int)json["failed"]!, (int)json["deviating"]!));
        ToolResult result = VectorKit.Verify(path);
        Assert.Equal(failed > 0 ? ExitCode.Difference : ExitCode.Ok, result.ExitCode);
        return result;
    }
}
