using System.IO.Compression;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Json.Nodes;

namespace XePt.Tests.Cli;

/// <summary>The sample traces say what they expect, and it comes true.</summary>
public partial class SampleTests
{
    public static TheoryData<string> Samples =>
    [
        .. Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "samples"), "*.xetrace*").Select(path => Path.GetFileName(path)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_sample_does_what_it_expects(string name)
    {
        CliRun run = CliRun.Of("run", CliRun.Sample(name), "--expect");
        Assert.Equal("", run.Error);
        Assert.Contains("everything is as expected", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
    }

    /// <summary>With the queued drive and a pump behind each record, every record gives what it gives with the inline one, and so does the
    /// end.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_sample_gives_the_same_in_both_drives(string name)
    {
        string[] lines = LinesOf(name);
        using TempFile inline = Driven(lines, "inline", pumps: true), queued = Driven(lines, "queued", pumps: true);
        CliRun run = CliRun.Of("run", queued.Path, "--expect");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        (string[] expectedCalls, string expectedVms) = ResultsOf(inline.Path);
        (string[] calls, string vms) = ResultsOf(queued.Path);
        Assert.Equal(expectedCalls, calls);
        Assert.Equal(expectedVms, vms);
    }

    /// <summary>The player is the only thread: a trace with waits but without pumps ends, too.</summary>
    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_sample_ends_with_the_queued_drive(string name)
    {
        using TempFile queued = Driven(LinesOf(name), "queued", pumps: false);
        CliRun run = CliRun.Of("run", queued.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Theory]
    [InlineData("compute-usm.xetrace")]
    [InlineData("mistakes.xetrace")]
    public void A_second_run_of_a_sample_gives_the_same_bytes(string name) =>
        Assert.Equal(CliRun.Of("run", CliRun.Sample(name), "--json").Out, CliRun.Of("run", CliRun.Sample(name), "--json").Out);

    [Fact]
    [Rule("BIND-260")]
    public void The_mirror_sample_shows_the_staged_behaviour_of_the_seed()
    {
        string trace = CliRun.Sample("mirror-lifecycle.xetrace");
        CliRun gated = CliRun.Of("run", trace, "--profile", "S-gated");
        Assert.Contains(
            "flags = 0x10: CPU address mirror binds are not enabled at this stage [BIND-067]", gated.Out, StringComparison.Ordinal);

        // Without widening, the mirror that comes back over the BO stays a VMA of its own.
        JsonElement open = CliRun.Json("map", trace, "--profile", "S-open", "--stop-at", "7");
        Assert.Equal(3, open.GetProperty("vms")[0].GetProperty("vmas").GetArrayLength());
        Assert.Equal(1, CliRun.Of("run", trace, "--profile", "S-open", "--expect").ExitCode);
    }

    [Fact]
    public void Most_calls_of_the_mistakes_sample_are_rejected_and_each_sentence_names_its_rule()
    {
        JsonElement run = CliRun.Json("run", CliRun.Sample("mistakes.xetrace"));
        Assert.True(run.GetProperty("rejected").GetInt32() > 75);
        foreach (JsonElement call in run.GetProperty("calls").EnumerateArray().Where(call => call.GetProperty("errno").GetInt32() != 0))
        {
            JsonElement why = call.GetProperty("rejection");
            Assert.EndsWith($"[{why.GetProperty("rule").GetString()}]", why.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_churn_sample_is_ten_thousand_binds()
    {
        JsonElement run = CliRun.Json("run", CliRun.Sample("residency-churn.xetrace.gz"));
        Assert.Equal(10_000, run.GetProperty("calls").EnumerateArray().Count(call => call.GetProperty("name").GetString() == "VM_BIND"));
    }

    private static string[] LinesOf(string name)
    {
        if (!name.EndsWith(".gz", StringComparison.Ordinal))
            return File.ReadAllLines(CliRun.Sample(name));
        using var text = new StreamReader(new GZipStream(File.OpenRead(CliRun.Sample(name)), CompressionMode.Decompress));
        return text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The same trace with a drive of our choice.</summary>
    private static TempFile Driven(string[] lines, string drive, bool pumps)
    {
        var header = (JsonObject)JsonNode.Parse(lines[0])!;
        if (header["options"] is not JsonObject options)
            header["options"] = options = [];
        options["drive"] = drive;
        IEnumerable<string> records = lines.Skip(1);
        if (pumps)
            records = records.SelectMany(record => (string[])[record, """{"event":"pump"}"""]);
        return TempFile.Lines([header.ToJsonString(), .. records]);
    }

    /// <summary>What came of each record but the pumps, and the VMs at the end.</summary>
    private static (string[] Calls, string Vms) ResultsOf(string path)
    {
        JsonElement run = CliRun.Json("run", path);
        IEnumerable<JsonElement> calls = run.GetProperty("calls").EnumerateArray()
            .Where(call => call.GetProperty("name").GetString() != "pump");
        return ([.. calls.Select(call => WhyAJobFailed().Replace(call.GetRawText(), ""))], run.GetProperty("vms").GetRawText());
    }

    /// <summary>Said of the call that ran the job: the EXEC itself, or a pump.</summary>
    [GeneratedRegex("""; job \d+ of queue \d+: [^"]*""")]
    private static partial Regex WhyAJobFailed();
}
