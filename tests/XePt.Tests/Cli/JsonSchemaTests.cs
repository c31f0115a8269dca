using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using XePt.Cli.Console;
using XePt.Cli.Exec;
using XePt.Cli.Reports;

namespace XePt.Tests.Cli;

/// <summary>What each verb writes as JSON is what <c>docs/xept.schema.json</c> says, and nothing more.</summary>
public class JsonSchemaTests
{
    private static readonly JsonObject Document =
        JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "xept.schema.json")))!.AsObject();

    /// <summary>Schemas by verb, as published but without room for other fields.</summary>
    private static readonly Dictionary<string, JsonSchema> Schemas = Verbs().ToDictionary(verb => verb, verb => Closed($"#/$defs/{verb}"));

    public static TheoryData<string, string[]> CommandLines
    {
        get
        {
            var data = new TheoryData<string, string[]>
            {
                { "runs", ["run", Folder("samples"), "--expect"] },
                { "runs", ["run", Folder("tests/cases"), CliRun.Sample("vulkan-anv.xetrace"), "--quiet"] },
                { "run", ["run", CliRun.Sample("compute-usm.xetrace"), "--platform", "pvc-2t"] },
                { "map", ["map", CliRun.Sample("mistakes.xetrace"), "--merge"] },
                { "map", ["map", CliRun.Sample("compute-usm.xetrace"), "--platform", "pvc-2t"] },
                { "svm", ["svm", CliRun.Sample("shared-usm-bmg.xetrace")] },
                { "svm", ["svm", CliRun.Sample("shared-usm-lnl.xetrace"), "--notifiers"] },
                { "svm", ["svm", CliRun.Sample("mirror-lifecycle.xetrace"), "--vm", "1"] },
                { "run", ["run", CliRun.Sample("shared-usm-bmg.xetrace"), "--platform", "pvc-2t"] },
                { "walk", ["walk", CliRun.Sample("mirror-lifecycle.xetrace"), "0x7f2000001234"] },
                { "walk", ["walk", CliRun.Sample("mirror-lifecycle.xetrace"), "0x1000"] },
                { "walk", ["walk", CliRun.Sample("vulkan-sparse.xetrace"), "0x1000"] },
                { "walk", ["walk", CliRun.Sample("vulkan-sparse.xetrace"), "0x40000000"] },
                { "pte", ["pte", "0xffffffffffffffff", "--platform", "lnl", "--level", "0"] },
                { "pte", ["pte", "0x4000000080010803", "--platform", "dg2", "--level", "0", "--compact"] },
                { "pte", ["pte", "1", "--platform", "bmg", "--level", "4"] },
                { "explain", ["explain", CliRun.Sample("mistakes.xetrace")] },
                { "explain", ["explain", CliRun.Sample("async-binds.xetrace"), "--line", "12"] },
                { "explain", ["explain", "--op", "op=MAP,flags=NULL,obj=1,range=0x1000"] },
                { "diff", ["diff", CliRun.Sample("mirror-lifecycle.xetrace"), CliRun.Sample("compute-usm.xetrace")] },
                { "diff", ["diff", CliRun.Sample("userptr.xetrace"), CliRun.Sample("userptr.xetrace")] },
                { "stress", ["stress", "--seconds", "0.2", "--threads", "2"] },
                { "stress-svm", ["stress", "--svm", "--seconds", "0.2", "--threads", "2"] },
                { "verify", ["verify", Path.Combine(RepositoryPaths.Root, "tests", "vectors", "encode.jsonl.gz")] },
                { "uapi", ["uapi"] },
            };
            foreach (string trace in new[] { "samples", "tests/cases" }.SelectMany(path => Directory.GetFiles(Folder(path), "*.xetrace")))
            {
                data.Add("run", ["run", trace]);
                data.Add("run", ["run", trace, "--expect"]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(CommandLines))]
    public void A_verb_writes_what_its_schema_says(string verb, string[] args)
    {
        CliRun run = CliRun.Of([.. args, "--json"]);
        Assert.Equal("", run.Error);
        AssertValid(verb, run.Out);
    }

    [Fact]
    public void So_do_traces_that_are_not_as_expected_or_cannot_be_played()
    {
        using TempFile unmet = TempFile.Trace(
            """{"ioctl":"VM_CREATE","expect":{"errno":"EINVAL"}}""", """{"event":"zap","vm_id":7,"addr":0}""");
        using TempFile malformed = TempFile.Trace("""{"ioctl":"WHAT"}""");
        AssertValid("run", CliRun.Of("run", unmet.Path, "--expect", "--json").Out);
        AssertValid("runs", CliRun.Of("run", unmet.Path, malformed.Path, "--expect", "--json").Out);
    }

    [Theory]
    [InlineData("compute-usm")]
    [InlineData("vulkan-sparse")]
    [InlineData("shared-usm-bmg")]
    public void So_does_a_dump(string sample)
    {
        string path = Path.GetTempFileName();
        try
        {
            Assert.Equal(0, CliRun.Of("run", CliRun.Sample($"{sample}.xetrace"), "--dump", path).ExitCode);
            AssertValid("dump", File.ReadAllText(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void So_does_the_report_of_a_program()
    {
        foreach (ProgramCounts counts in new[] { MadeUp.Program, MadeUp.ProgramWithViolations, MadeUp.Program with { Processes = [] } })
        {
            using var output = new StringWriter();
            var terminal = new Terminal(output, output, Screen.Plain, Screen.Plain);
            terminal.Json("exec", ExecReport.Version, json => ExecReport.WriteFields(json, counts));
            AssertValid("exec", output.ToString());
        }
    }

    [Fact]
    public void An_unknown_field_and_an_errno_of_another_form_are_noticed()
    {
        string good = CliRun.Of("run", CliRun.Sample("compute-usm.xetrace"), "--json").Out;
        Assert.True(IsValid("run", good));
        Assert.False(IsValid("run", good.Replace("\"rejected\"", "\"refused\"", StringComparison.Ordinal)));
        Assert.False(IsValid("run", good.Replace("\"errno\": -22", "\"errno\": \"-EINVAL\"", StringComparison.Ordinal)));
        Assert.False(IsValid("map", good));
    }

    [Fact]
    public void The_table_of_verbs_names_each_with_the_version_of_its_schema()
    {
        string[] lines = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "docs", "cli.md"));
        foreach (string verb in Verbs())
        {
            JsonNode? version = Document["$defs"]![verb]!["properties"]!["version"]?["const"];
            string cell = version is null ? $"| `{verb}` | none |" : $"| `{verb}` | {version} |";
            Assert.Single(lines, line => line.StartsWith(cell, StringComparison.Ordinal));
        }
    }

    private static string Folder(string path) => Path.Combine(RepositoryPaths.Root, path);

    private static IEnumerable<string> Verbs() =>
        Document["oneOf"]!.AsArray().Select(verb => ((string)verb!["$ref"]!)["#/$defs/".Length..]);

    internal static void AssertValid(string verb, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        EvaluationResults results = Schemas[verb].Evaluate(
            document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(results.IsValid, string.Join('\n', (results.Details ?? []).Where(detail => detail.Errors is not null)
            .Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}")));
    }

    private static bool IsValid(string verb, string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Schemas[verb].Evaluate(document.RootElement).IsValid;
    }

    /// <summary>The document with one of its definitions as the schema, and objects that may have only the fields it lists.</summary>
    private static JsonSchema Closed(string reference)
    {
        JsonObject schema = Document.DeepClone().AsObject();
        schema.Remove("oneOf");
        schema["$id"] = $"https://xept.invalid/closed/{reference.Split('/')[^1]}";
        schema["$ref"] = reference;
        foreach (JsonNode? definition in schema["$defs"]!.AsObject().Select(pair => pair.Value))
            Close(definition);
        return JsonSchema.FromText(schema.ToJsonString());
    }

    private static void Close(JsonNode? node)
    {
        foreach (JsonNode? child in node switch
        {
            JsonObject fields => fields.Select(field => field.Value),
            JsonArray items => items,
            _ => [],
        })
            Close(child);

        if (node is JsonObject schema && schema["properties"] is JsonObject && (string?)schema["type"]?.AsValue() == "object")
            schema["additionalProperties"] = false;
    }
}
