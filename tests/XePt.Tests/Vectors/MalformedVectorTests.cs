using System.Text;
using System.Text.Json.Nodes;
using XePt.Cli.Console;

namespace XePt.Tests.Vectors;

/// <summary>Input that cannot be understood: one clear line with file and line number, nothing else, and exit code 2.</summary>
public sealed class MalformedVectorTests : IDisposable
{
    private const string File = "bind_bmg";

    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void A_truncated_gzip_file(double part)
    {
        byte[] whole = System.IO.File.ReadAllBytes(VectorKit.PathOf("encode"));
        AssertMalformed(_kit.Write("cut.jsonl.gz", whole[..(int)(whole.Length * part)]), line: null, "cut off");
    }

    [Fact]
    public void A_gzip_file_with_a_flipped_bit()
    {
        byte[] bytes = System.IO.File.ReadAllBytes(VectorKit.PathOf("encode"));
        bytes[bytes.Length / 2] ^= 0x10;
        ToolResult result = VectorKit.Verify(_kit.Write("damaged.jsonl.gz", bytes));
        Assert.Equal(ExitCode.BadInput, result.ExitCode);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("{\"id\":", "the JSON ends too early, at column 7")]
    [InlineData("nonsense", "bad JSON at column 2")]
    [InlineData("{} {}", "bad JSON at column 4")]
    public void A_line_that_is_not_json(string line, string message) =>
        AssertMalformed(_kit.Write("bad.jsonl", Header(), line), 2, $"2: {message}");

    [Fact]
    public void A_field_that_is_there_twice() =>
        AssertMalformed(_kit.Write("bad.jsonl", """{"space":["0x0","0x1000","0x0","0x0"],"space":[]}"""), 1, "'space' is there twice");

    [Theory]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("null")]
    public void A_line_that_is_not_an_object(string line) => AssertMalformed(_kit.Write("bad.jsonl", Header(), line), 2, "not an object");

    [Fact]
    public void A_line_of_no_known_kind() =>
        AssertMalformed(_kit.Write("bad.jsonl", Header(), """{"id":"x"}"""), 2, "not a case of any known kind");

    [Fact]
    public void A_string_with_half_a_character() =>
        AssertMalformed(
            _kit.Write("bad.jsonl", Header(), """{"fn":"\ud800","config":"bmg"}"""), 2, "half a surrogate pair in the string at column 7");

    [Fact]
    public void A_string_with_broken_utf8() =>
        AssertMalformed(_kit.Write("bad.jsonl", [.. Encoding.ASCII.GetBytes("""{"fn":"pte","config":" """), 0xff, .. "\"}"u8]), 1,
            "bad UTF-8 at column 24");

    [Fact]
    public void A_line_that_is_too_long()
    {
        string path = Path.Combine(_kit.Folder, "long.jsonl");
        using (FileStream file = System.IO.File.Create(path))
        {
            file.Write(Encoding.ASCII.GetBytes(Header() + "\n{\"id\":\""));
            byte[] block = new byte[1 << 20];
            block.AsSpan().Fill((byte)'x');
            for (int i = 0; i < 100; i++)
                file.Write(block);
        }

        AssertMalformed(path, 2, "longer than 64 MiB");
    }

    [Fact]
    public void A_file_without_lines() => AssertMalformed(_kit.Write("empty.jsonl", "  ", ""), line: null, "has no lines");

    [Fact]
    public void A_file_that_is_not_there() => AssertMalformed(Path.Combine(_kit.Folder, "missing.jsonl"), line: null, "no such file");

    [Fact]
    public void A_folder_without_vector_files() => AssertMalformed(_kit.Folder, line: null, "has no *.jsonl or *.jsonl.gz files");

    [Fact]
    public void A_config_record_after_the_first_line() =>
        AssertMalformed(_kit.Write("bad.jsonl", Header(), Header()), 2, "only allowed on the first line");

    [Fact]
    public void A_sequence_without_a_config_record() =>
        AssertMalformed(_kit.Write("bad.jsonl", VectorKit.Line(File, 2)), 1, "without a config record");

    [Theory]
    [InlineData("""["platform"]""", "i740", "'platform'")]
    [InlineData("""["vm_flags",0]""", "turbo", "unknown flag")]
    [InlineData("""["device","va_bits"]""", 64, "'va_bits'")]
    [InlineData("""["device","pat","n"]""", 5, "'entries'")]
    [InlineData("""["device","pat","entries",0,"coh"]""", 3, "'coh'")]
    public void A_value_of_the_config_record_that_is_not_known(string path, object value, string message)
    {
        JsonObject header = JsonNode.Parse(Header())!.AsObject();
        Set(header, path, value);
        AssertMalformed(_kit.Write("bad.jsonl", header), 1, message);
    }

    [Theory]
    [InlineData("""["steps",0,"in","do"]""", "dance", "step 0: 'do'")]
    [InlineData("""["steps",0,"in","ops",0,"range"]""", "0x10000000000000000", "step 0: 'range'")]
    [InlineData("""["steps",0,"in","ops",0,"addr"]""", -4096, "step 0: 'addr'")]
    [InlineData("""["steps",0,"in","ops",0,"flags"]""", "0x100000000", "step 0: 'flags'")]
    [InlineData("""["steps",0,"in","ops",0,"pat"]""", 65536, "step 0: 'pat'")]
    [InlineData("""["steps",0,"out","err"]""", "EINVAL", "step 0: 'err'")]
    [InlineData("""["steps",0,"out","ops",0,0]""", "remove", "step 0: 'ops'")]
    [InlineData("""["steps",0,"out","ops",0,7]""", 2, "step 0: 'map immediate'")]
    [InlineData("""["steps",0,"out","vmas",0,4]""", "aZ", "step 0: VMA flags")]
    [InlineData("""["steps",0,"out","pt_set",0,"l"]""", 5, "step 0: 'l'")]
    [InlineData("""["steps",0,"out","pt_set",0,"p",0,1]""", 513, "step 0: 'entry count'")]
    [InlineData("""["steps",0,"out","pt_del"]""", 0, "step 0: 'pt_del'")]
    [InlineData("""["bos",0,"mem"]""", "tape", "'mem'")]
    [InlineData("""["bos",0,"id"]""", 2, "same id")]
    [InlineData("""["bos",0,"id"]""", 1000000, "'id'")]
    [InlineData("""["bos",0,"size"]""", "0x1000", "'runs'")]
    [InlineData("""["bos",0,"placements"]""", 8, "BO 1 cannot be made")]
    [InlineData("""["bos",0,"runs",0,2]""", 2000000000, "'runs'")]
    [InlineData("""["bos",0,"runs",0,1]""", "0x123", "'runs'")]
    [InlineData("""["userptrs",1,"base"]""", "0x7f5500000000", "overlaps")]
    [InlineData("""["quirk"]""", "off_by_one", "'quirk'")]
    [InlineData("""["vm","empty"]""", 0, "'empty'")]
    public void A_value_of_a_sequence_that_is_not_known(string path, object value, string message)
    {
        JsonObject sequence = VectorKit.Line(File, 2);
        Set(sequence, path, value);
        AssertMalformed(_kit.Write("bad.jsonl", Header(), sequence), 2, message);
    }

    /// <summary>Memory of the vectors is judged before the engine gets it, wherever a record names some.</summary>
    [Fact]
    public void A_move_to_memory_that_cannot_be()
    {
        JsonObject sequence = VectorKit.Line(File, 2);
        var size = (string)sequence["bos"]![0]!["size"]!;
        sequence["steps"]![0]!["in"] = JsonNode.Parse(
            $$"""{"do":"move","bo":{{sequence["bos"]![0]!["id"]}},"mem":"system","runs":[["0x10000000000000","{{size}}",1,"0x0"]]}""");
        AssertMalformed(_kit.Write("bad.jsonl", Header(), sequence), 2, "'runs': beyond the 46 bits");
    }

    [Theory]
    [InlineData("encode", "fn", "pte_magic", "'fn'")]
    [InlineData("encode", "config", "i740", "'config'")]
    [InlineData("encode", "level", 5, "'level'")]
    [InlineData("check_args", "num_syncs", "0x100000000", "'num_syncs'")]
    [InlineData("validate_bo", "pat", 8, "'pat'")]
    public void A_value_of_a_single_case_that_is_not_known(string file, string field, object value, string message)
    {
        JsonObject @case = VectorKit.Line(file, 2);
        @case[field] = JsonValue.Create(value);
        AssertMalformed(_kit.Write("bad.jsonl", VectorKit.Lines(file).First(), @case), 2, message);
    }

    [Theory]
    [InlineData("""["req","kind"]""", "shrink", "'kind'")]
    [InlineData("""["req","range"]""", "0x10000000000000000", "'range'")]
    [InlineData("""["ins"]""", "none", "'ins'")]
    public void A_value_of_a_split_that_is_not_known(string path, object value, string message)
    {
        JsonObject split = VectorKit.Line("split_merge", 1);
        Set(split, path, value);
        AssertMalformed(_kit.Write("bad.jsonl", split), 1, message);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("two")]
    public void A_number_of_jobs_that_makes_no_sense(string jobs)
    {
        ToolResult result = VectorKit.Verify(VectorKit.PathOf("encode"), "--jobs", jobs);
        Assert.Equal(ExitCode.BadInput, result.ExitCode);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    private static string Header() => VectorKit.Lines(File).First();

    /// <summary>Sets the value at a path of names and indices; one behind the end of an array is added.</summary>
    private static void Set(JsonNode at, string path, object value)
    {
        JsonArray parts = JsonNode.Parse(path)!.AsArray();
        for (int i = 0; i < parts.Count - 1; i++)
            at = parts[i]!.GetValueKind() == System.Text.Json.JsonValueKind.String ? at[(string)parts[i]!]! : at[(int)parts[i]!]!;
        if (at is JsonArray array && array.Count == (int)parts[^1]!)
            array.Add(JsonValue.Create(value));
        else if (at is JsonArray)
            at[(int)parts[^1]!] = JsonValue.Create(value);
        else
            at[(string)parts[^1]!] = JsonValue.Create(value);
    }

    private static void AssertMalformed(string path, int? line, string message)
    {
        ToolResult result = VectorKit.Verify(path);
        Assert.Equal((ExitCode.BadInput, ""), (result.ExitCode, result.Output));
        string report = Assert.Single(result.Error.TrimEnd().Split('\n'));
        Assert.StartsWith(line is { } number ? $"xept: {path}:{number}: " : $"xept: {path}:", report, StringComparison.Ordinal);
        Assert.Contains(message, report, StringComparison.Ordinal);
    }
}
