using System.Text.Json.Nodes;
using XePt.Cli.Console;

namespace XePt.Tests.Vectors;

public sealed class VerifyCommandTests : IDisposable
{
    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void Json_has_the_counts_of_each_file_and_of_all()
    {
        WriteSplits("a.jsonl", 3);
        WriteSplits("b.jsonl", 2, [1]);
        ToolResult result = VectorKit.Verify(_kit.Folder, "--json");

        Assert.Equal((ExitCode.Difference, ""), (result.ExitCode, result.Error));
        JsonObject json = result.Json;
        Assert.Equal(
            ["xept", "version", "files", "passed", "failed", "deviating", "malformed"], json.Select(field => field.Key));
        Assert.Equal(
            """[{"file":"a.jsonl","cases":3,"passed":3,"failed":0,"deviating":0},""" +
            """{"file":"b.jsonl","cases":2,"passed":1,"failed":1,"deviating":0}]""", json["files"]!.ToJsonString());
        Assert.Equal(("verify", 1, 4, 1, 0),
            ((string)json["xept"]!, (int)json["version"]!, (int)json["passed"]!, (int)json["failed"]!, (int)json["deviating"]!));
    }

    [Fact]
    public void A_table_lists_the_files_by_name_and_then_the_first_difference_of_each()
    {
        WriteSplits("b.jsonl", 3, [2]);
        WriteSplits("a.jsonl", 3);
        string[] lines = VectorKit.Verify(_kit.Folder).Output.TrimEnd().ReplaceLineEndings("\n").Split('\n');

        Assert.Equal(["file", "cases", "passed", "failed", "deviating"], Words(lines[0]));
        Assert.Equal(["a.jsonl", "3", "3", "0", "0"], Words(lines[1]));
        Assert.Equal(["b.jsonl", "3", "2", "1", "0"], Words(lines[2]));
        Assert.Equal(["all", "6", "5", "1", "0"], Words(lines[3]));
        Assert.StartsWith("b.jsonl:3: ", lines[5], StringComparison.Ordinal);
    }

    [Fact]
    public void All_passed_is_exit_code_0()
    {
        ToolResult result = VectorKit.Verify(WriteSplits("a.jsonl", 2));
        Assert.Equal((ExitCode.Ok, ""), (result.ExitCode, result.Error));
    }

    [Fact]
    public void A_folder_is_every_vector_file_in_it_and_nothing_else()
    {
        WriteSplits("a.jsonl", 1);
        _kit.Write("notes.txt", "not a vector");
        System.IO.File.Copy(VectorKit.PathOf("validate_bo"), Path.Combine(_kit.Folder, "b.jsonl.gz"));
        Directory.CreateDirectory(Path.Combine(_kit.Folder, "c.jsonl"));
        Assert.Equal(["a.jsonl", "b.jsonl.gz"],
            VectorKit.Verify(_kit.Folder, "--json").Json["files"]!.AsArray().Select(file => (string)file!["file"]!));
    }

    [Fact]
    public void Kinds_are_told_apart_by_content_not_by_name()
    {
        System.IO.File.Copy(VectorKit.PathOf("encode"), Path.Combine(_kit.Folder, "bind_x.jsonl.gz"));
        Assert.Equal(ExitCode.Ok, VectorKit.Verify(_kit.Folder).ExitCode);
    }

    [Fact]
    public void A_file_that_names_itself_otherwise_is_malformed() =>
        Assert.Equal(ExitCode.BadInput, VectorKit.Verify(_kit.Write("a.jsonl", "{\"file\":\"other\"}")).ExitCode);

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_jobs()
    {
        WriteSplits("a.jsonl", 200, [150, 90, 120]);
        // Some pass, some deviate.
        _kit.Write("quirks.jsonl", VectorKit.Lines("bind_quirks").Take(20));
        ToolResult one = VectorKit.Verify(_kit.Folder, "--jobs", "1");
        ToolResult two = VectorKit.Verify(_kit.Folder, "--jobs", "2");
        Assert.Equal(one, two);
        Assert.Contains("a.jsonl:91: ", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_malformed_lines_the_first_of_each_file_is_reported_whatever_the_number_of_jobs()
    {
        string[] splits = [.. VectorKit.Lines("split_merge").Take(100)];
        splits[60] = splits[80] = "{";
        _kit.Write("a.jsonl", splits);
        splits[40] = "{";
        _kit.Write("b.jsonl", splits);
        ToolResult one = VectorKit.Verify(_kit.Folder, "--jobs", "1");
        ToolResult two = VectorKit.Verify(_kit.Folder, "--jobs", "2");
        Assert.Equal(one, two);
        string[] lines = one.Error.TrimEnd().ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains("a.jsonl:61: ", lines[0], StringComparison.Ordinal);
        Assert.Contains("b.jsonl:41: ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_malformed_file_does_not_take_the_results_of_the_others_away()
    {
        string bad = WriteSplits("b.jsonl", 2);
        System.IO.File.AppendAllText(bad, "{\n");
        WriteSplits("a.jsonl", 3, [1]);
        WriteSplits("c.jsonl", 1);
        string message = $"{bad}:3: the JSON ends too early, at column 2";

        ToolResult text = VectorKit.Verify(_kit.Folder);
        Assert.Equal((ExitCode.BadInput, $"xept: {message}"), (text.ExitCode, text.Error.TrimEnd()));
        string[] lines = text.Output.ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(
            [["a.jsonl", "3", "2", "1", "0"], ["c.jsonl", "1", "1", "0", "0"], ["all", "4", "3", "1", "0"]], lines[1..4].Select(Words));
        Assert.StartsWith("a.jsonl:2: ", lines[5], StringComparison.Ordinal);

        ToolResult json = VectorKit.Verify(_kit.Folder, "--json");
        Assert.Equal(ExitCode.BadInput, json.ExitCode);
        Assert.Equal((3, 1), ((int)json.Json["passed"]!, (int)json.Json["failed"]!));
        Assert.Equal(message, (string)Assert.Single(json.Json["malformed"]!.AsArray())!);
    }

    /// <summary>A program that asked for JSON gets it, whatever the files are.</summary>
    [Fact]
    public void Json_is_written_also_when_no_file_can_be_understood()
    {
        string bad = _kit.Write("a.jsonl", "{");
        ToolResult result = VectorKit.Verify(bad, "--json");
        Assert.Equal(
            (ExitCode.BadInput, $"xept: {bad}:1: the JSON ends too early, at column 2"), (result.ExitCode, result.Error.TrimEnd()));
        Cli.JsonSchemaTests.AssertValid("verify", result.Output);
        Assert.Equal((0, 0), ((int)result.Json["passed"]!, result.Json["files"]!.AsArray().Count));
        Assert.Equal($"{bad}:1: the JSON ends too early, at column 2", (string)Assert.Single(result.Json["malformed"]!.AsArray())!);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Writes split cases, some of them changed so that they fail.</summary>
    private string WriteSplits(string name, int count, params ReadOnlySpan<int> change)
    {
        JsonObject[] splits = [.. VectorKit.Lines("split_merge").Take(count).Select(line => JsonNode.Parse(line)!.AsObject())];
        foreach (int index in change)
            splits[index]["err"] = -1;
        return _kit.Write(name, splits);
    }
}
