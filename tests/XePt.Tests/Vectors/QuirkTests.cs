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
        Assert.True(QuirkPattern.Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, piece, null)]));
        Assert.True(QuirkPattern.Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, null, piece)]));
        Assert.False(QuirkPattern.Occurs([Map(0x1000, 0x2000), Remap(0x1000, 0x2000, piece with { IsSkipped = false }, null)]));
        Assert.False(QuirkPattern.Occurs([Map(0x1000, 0x2000), Remap(0x9000, 0x2000, piece, null)]));
        Assert.False(QuirkPattern.Occurs([Remap(0x1000, 0x2000, piece, null)]));
    }

    [Fact]
    public void A_split_that_skips_a_piece_of_a_piece_that_waits_for_its_bind_is_a_defect()
    {
        var waiting = new PieceRecord(0x1000, 0x2000, 0x0, IsSkipped: false);
        var kept = new PieceRecord(0x1000, 0x1000, 0x0, IsSkipped: true);
        Assert.True(QuirkPattern.Occurs([Remap(0x1000, 0x4000, waiting, null), Remap(0x1000, 0x2000, kept, null)]));
        Assert.False(QuirkPattern.Occurs([Remap(0x1000, 0x4000, waiting with { IsSkipped = true }, null), Remap(0x1000, 0x2000, kept, null)]));
    }

    [Fact]
    public void A_prefetch_of_what_the_call_mapped_is_a_defect()
    {
        Assert.True(QuirkPattern.Occurs([Map(0x1000, 0x2000), new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
        Assert.False(QuirkPattern.Occurs([new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
        Assert.False(QuirkPattern.Occurs([Map(0x1000, 0x2000), new UnmapRecord(0x1000, 0x2000, Keep: false), new PrefetchRecord(0x1000, 0x2000, Region: 0)]));
    }

    private static MapRecord Map(ulong address, ulong range) => new(address, range, 1, 0, VmaLetters.None, 0, Immediate: false, InvalidateOnBind: false);

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
