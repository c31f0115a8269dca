using System.Text.Json.Nodes;
using XePt.Cli.Console;

namespace XePt.Tests.Vectors;

/// <summary>Each thing that verify compares: a changed copy of a good case fails, and the report names exactly that thing.</summary>
public sealed class NegativeCaseTests : IDisposable
{
    private const string File = "bind_bmg";

    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void An_unchanged_copy_passes()
    {
        ToolResult result = VerifyChanged(_ => { });
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
    }

    [Theory]
    [InlineData("err", "step 0: err", "expected: -22 (EINVAL)", "found:    0")]
    [InlineData("warn", "step 0: warn", "expected: 1", "found:    0")]
    [InlineData("inval", "step 0: inval", "expected: 1", "found:    0")]
    [InlineData("seqno", "step 0: seqno", "expected: 1", "found:    0")]
    public void A_number_of_the_outcome_is_compared(string field, params string[] report) =>
        AssertReports(output => output[field] = field == "err" ? -22 : 1, report);

    [Fact]
    public void The_op_list_is_compared() => AssertReports(
        output => output["ops"]![0]![6] = 4,
        "step 0: op 0", "expected: [map, 0x140000000, 0xa749000, bo 1, off 0x6dd18000, \"\", pat 4", "found:    [map");

    [Fact]
    public void A_missing_op_is_reported() =>
        AssertReports(output => output["ops"] = new JsonArray(), "step 0: op 0", "expected: none", "found:    [map, 0x140000000");

    [Fact]
    public void The_staged_update_is_compared() =>
        AssertReports(
            output => output["upd"]!["inv"] = 1, "step 0: upd", "expected: num_ops 1, cur 1, inv 1", "found:    num_ops 1, cur 1, inv 0");

    [Fact]
    public void The_staged_records_are_compared() =>
        AssertReports(output => output["upd"]!["ops"]![0]![2]![0]![1] = 1, "step 0: upd", "bind(L4:1+1)", "bind(L4:0+1)");

    [Fact]
    public void A_missing_update_is_reported() =>
        AssertReports(output => output["upd"] = null, "step 0: upd", "expected: null", "found:    num_ops 1");

    [Fact]
    public void A_vma_flag_is_compared() =>
        AssertReports(output => output["vmas"]![0]![4] = "Ra4", "step 0: VMA 0 at VA 0x140000000", "\"Ra4\"", "\"a4\"");

    [Theory]
    [InlineData(6, "present 0", "present 1")]
    [InlineData(7, "invalidated 1", "invalidated 0")]
    public void The_marks_of_a_vma_are_compared(int field, string expected, string found) =>
        AssertReports(output => output["vmas"]![0]![field] = field == 6 ? 0 : 1, "step 0: VMA 0 at VA 0x140000000", expected, found);

    [Fact]
    public void A_missing_vma_is_reported() => AssertReports(
        output => output["vmas"] = new JsonArray(), "step 0: VMA 0 at VA 0x140000000", "expected: none",
        "found:    [0x140000000, 0xa749000");

    [Fact]
    public void A_leaf_entry_is_compared_and_decoded() => AssertReports(
        output => Table(output, 0)["e"]![0]![2] = "0x3edd1848f",
        "step 0: entry 0 at VA 0x140000000, level 0", "0x00000003edd1848f", "0x00000003edd1848b", "XE_PAGE_PRESENT");

    [Fact]
    public void An_entry_that_should_be_empty_is_reported() =>
        AssertReports(output => Table(output, 0)["e"]![0]![1] = 511, "step 0: entry 511 at VA 0x1401ff000, level 0", "empty", "valid");

    [Fact]
    public void A_directory_entry_is_compared() =>
        AssertReports(output => Table(output, 2)["p"]![0]![2] = "0x3", "step 0: entry 5 at VA 0x140000000, level 2", "0x0000000000000003",
            "0x000000000000001b");

    [Fact]
    public void A_missing_child_is_reported() =>
        AssertReports(output => Table(output, 2)["p"]![0]![1] = 2, "step 0: child table of entry 6 at VA 0x180000000, level 2",
            "expected: attached", "found:    none");

    [Fact]
    public void A_live_count_is_compared() =>
        AssertReports(
            output => Table(output, 1)["n"] = 85, "step 0: live count at VA 0x140000000, level 1", "expected: 85", "found:    84");

    [Fact]
    public void The_compact_flag_is_compared() => AssertReports(
        output =>
        {
            Table(output, 0)["c"] = 1;
            Table(output, 0)["e"] = new JsonArray();
        },
        "step 0: compact flag at VA 0x140000000, level 0", "expected: compact", "found:    normal");

    [Fact]
    public void A_table_that_the_engine_lacks_is_reported() => AssertReports(
        output => output["pt_set"]!.AsArray()
            .Add(new JsonObject { ["l"] = 0, ["va"] = "0x150000000", ["c"] = 0, ["n"] = 7, ["e"] = new JsonArray() }),
        "step 0: table at VA 0x150000000, level 0", "expected: one with 7 live entries", "found:    none");

    [Fact]
    public void A_table_that_the_vector_lacks_is_reported() => AssertReports(
        output => output["pt_set"]!.AsArray().Remove(Table(output, 0)),
        "step 0: table at VA 0x140000000, level 0", "expected: none", "found:    one with 512 live entries");

    [Theory]
    [InlineData("size", "0x2000000000000", "VM size")]
    [InlineData("levels", 4, "VM empty entries", "VM levels")]
    [InlineData("need64k", 1, "VM need64k")]
    [InlineData("scratch", 1, "VM scratch")]
    [InlineData("root_desc", "0x3", "VM root descriptor")]
    public void The_vm_at_the_start_is_compared(string field, object value, params string[] report)
    {
        ToolResult result = VerifyChanged(sequence =>
        {
            sequence["vm"]![field] = JsonValue.Create(value);
            if (field == "levels")
                sequence["vm"]!["empty"]!.AsArray().RemoveAt(4);
        });
        Assert.Equal(ExitCode.Difference, result.ExitCode);
        Assert.Contains(report[^1], result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_empty_entries_are_compared()
    {
        ToolResult result = VerifyChanged(sequence => sequence["vm"]!["empty"]![2] = "0x1");
        Assert.Contains("VM empty entries", result.Output, StringComparison.Ordinal);
        Assert.Contains("expected: 0x0 0x0 0x1 0x0 0x0", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encode", 2, "out", "0x1", "entry, level 0")]
    [InlineData("check_args", 2, "err", -1, "expected: -1 (EPERM)")]
    [InlineData("validate_bo", 2, "err", -1, "expected: -1 (EPERM)")]
    [InlineData("split_merge", 1, "err", -22, "expected: -22 (EINVAL)")]
    public void The_outcome_of_a_single_case_is_compared(string file, int line, string field, object value, string report)
    {
        JsonObject changed = VectorKit.Line(file, line);
        changed[field] = JsonValue.Create(value);
        string[] header = line > 1 ? [VectorKit.Lines(file).First()] : [];
        ToolResult result = VectorKit.Verify(_kit.Write("changed.jsonl", [.. header, changed]));
        Assert.Equal(ExitCode.Difference, result.ExitCode);
        Assert.Contains(report, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_operations_of_a_split_are_compared()
    {
        JsonObject changed = VectorKit.Line("split_merge", 2);
        changed["ops"]![0]![1] = "0x2000";
        ToolResult result = VectorKit.Verify(_kit.Write("changed.jsonl", changed));
        Assert.Contains("op 0", result.Output, StringComparison.Ordinal);
        Assert.Contains("expected: prefetch 0x2000", result.Output, StringComparison.Ordinal);
        Assert.Contains("found:    prefetch 0x1000", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_results_of_inserting_are_compared()
    {
        JsonObject changed = VectorKit.Line("split_merge", 2);
        changed["ins"]![1] = -17;
        ToolResult result = VectorKit.Verify(_kit.Write("changed.jsonl", changed));
        Assert.Contains("insert 1", result.Output, StringComparison.Ordinal);
        Assert.Contains("expected: -17 (EEXIST)", result.Output, StringComparison.Ordinal);
    }

    /// <summary>The table of a level with the lowest address.</summary>
    private static JsonObject Table(JsonObject output, int level) =>
        output["pt_set"]!.AsArray().First(table => (int)table!["l"]! == level)!.AsObject();

    private void AssertReports(Action<JsonObject> change, params string[] report)
    {
        ToolResult result = VerifyChanged(sequence => change(sequence["steps"]![0]!["out"]!.AsObject()));
        Assert.Equal(ExitCode.Difference, result.ExitCode);
        Assert.Contains("changed.jsonl:2: bmg-0000: ", result.Output, StringComparison.Ordinal);
        Assert.All(report, text => Assert.Contains(text, result.Output, StringComparison.Ordinal));
    }

    /// <summary>Verifies the first sequence of the file, cut after its first step, with a change.</summary>
    private ToolResult VerifyChanged(Action<JsonObject> change)
    {
        JsonObject sequence = VectorKit.Line(File, 2);
        sequence["steps"] = new JsonArray(sequence["steps"]![0]!.DeepClone());
        change(sequence);
        return VectorKit.Verify(_kit.Write("changed.jsonl", VectorKit.Lines(File).First(), sequence));
    }
}
