using System.Text.Json;
using System.Xml.Linq;

namespace XePt.Tests.Cli;

/// <summary><c>xept run</c> over files and folders, as a CI uses it.</summary>
public sealed class RunManyTests : IDisposable
{
    private const string Good = """{"ioctl":"VM_CREATE","expect":{"errno":0}}""";
    private const string Unmet = """{"ioctl":"VM_CREATE","expect":{"errno":"EINVAL","rule":"BIND-001"}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("xept").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_is_all_traces_in_it_and_below_with_a_line_each()
    {
        Write("a.xetrace", Good);
        Write("sub/b.xetrace", Unmet, """{"ioctl":"SYNCOBJ_CREATE"}""");
        Write("notes.txt", "no trace");
        CliRun run = CliRun.Of("run", _folder, "--expect");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            $"""
            ok    {_folder}/a.xetrace: 1 record, 0 refused, 1 checked
            FAIL  {_folder}/sub/b.xetrace: 2 records, 0 refused, 1 of 1 checked not as expected
                    line 2: VM_CREATE: expected errno -EINVAL, got ok
                    line 2: VM_CREATE: expected rule BIND-001, got none
            2 traces: 1 as expected, 1 not

            """,
            run.Out);
    }

    [Fact]
    public void Without_expectations_nothing_is_called_good()
    {
        Write("a.xetrace", Unmet);
        CliRun run = CliRun.Of("run", _folder);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"      {_folder}/a.xetrace: 1 record, 0 refused\n1 trace: 1 played\n", run.Out);
    }

    [Fact]
    public void Quiet_says_only_what_is_wrong()
    {
        string good = Write("a.xetrace", Good), bad = Write("b.xetrace", Unmet);
        Assert.Equal(new CliRun(0, "", ""), CliRun.Of("run", good, "--expect", "--quiet"));
        CliRun run = CliRun.Of("run", good, bad, "--expect", "--quiet");
        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain("a.xetrace", run.Out, StringComparison.Ordinal);
        Assert.StartsWith($"FAIL  {bad}: ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_that_cannot_be_played_spoils_no_other()
    {
        string good = Write("a.xetrace", Good), broken = Write("b.xetrace", "{"), missing = Path.Combine(_folder, "c.xetrace");
        CliRun run = CliRun.Of("run", broken, missing, good, "--expect");
        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.StartsWith(
            $"BAD   {broken}: cannot be played\n        {broken}:2: the JSON ends too early, at column 2\n" +
            $"BAD   {missing}: cannot be played\n        {missing}: no such file\n", run.Out, StringComparison.Ordinal);
        Assert.Contains($"ok    {good}: ", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("3 traces: 1 as expected, 0 not, 2 cannot be played\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_record_is_marked_in_the_list_of_calls()
    {
        string trace = Write("a.xetrace", Good, Unmet);
        CliRun run = CliRun.Of("run", trace, "--expect");
        Assert.Contains("\n     2  VM_CREATE flags none -> vm 1: ok\n", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "\n>    3  VM_CREATE flags none -> vm 2: ok\n>       expected errno -EINVAL, got ok\n", run.Out, StringComparison.Ordinal);
    }

    /// <summary>Calls that are alike are one line, but not with one among them that is not as expected.</summary>
    [Fact]
    public void A_failing_record_is_marked_also_among_many_that_are_alike()
    {
        string[] alike = [.. Enumerable.Repeat(Good, 100)];
        CliRun run = CliRun.Of("run", Write("a.xetrace", [.. alike, Unmet, .. alike]), "--expect");
        Assert.Contains("\n 2-101  VM_CREATE x 100: ok\n>  102  VM_CREATE ", run.Out, StringComparison.Ordinal);
        Assert.Contains("\n103-202  VM_CREATE x 100: ok\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Junit_has_a_case_per_trace_with_failures_and_errors()
    {
        string good = Write("a.xetrace", Good), bad = Write("<b>&.xetrace", Unmet), broken = Write("c.xetrace", "{"),
            file = Path.Combine(_folder, "result.xml");
        Assert.Equal(2, CliRun.Of("run", good, bad, broken, "--expect", "--junit", file).ExitCode);
        XElement suite = XDocument.Load(file).Root!.Element("testsuite")!;
        Assert.Equal(
            ("3", "1", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value, suite.Attribute("errors")!.Value));
        XElement[] cases = [.. suite.Elements("testcase")];
        Assert.Equal(["a.xetrace", "<b>&.xetrace", "c.xetrace"], cases.Select(test => test.Attribute("name")!.Value));
        Assert.Empty(cases[0].Elements());
        Assert.Equal("line 2: VM_CREATE: expected errno -EINVAL, got ok", cases[1].Element("failure")!.Attribute("message")!.Value);
        Assert.Equal($"{broken}:2: the JSON ends too early, at column 2", cases[2].Element("error")!.Value);
    }

    [Fact]
    public void Tap_numbers_the_traces_and_can_have_the_output_for_itself()
    {
        string good = Write("a#1.xetrace", Good), bad = Write("b.xetrace", Unmet);
        CliRun run = CliRun.Of("run", good, bad, "--expect", "--tap", "-");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            $"""
            TAP version 14
            1..2
            ok 1 - {good.Replace("#", "\\#", StringComparison.Ordinal)}
            not ok 2 - {bad}
              ---
              severity: fail
              faults:
                - "line 2: VM_CREATE: expected errno -EINVAL, got ok"
                - "line 2: VM_CREATE: expected rule BIND-001, got none"
              ...

            """,
            run.Out);
    }

    [Fact]
    public void Json_of_several_traces_has_the_same_facts()
    {
        string good = Write("a.xetrace", Good), bad = Write("b.xetrace", Unmet);
        CliRun run = CliRun.Of("run", good, bad, "--expect", "--json");
        JsonElement json = CliRun.Parse(run.Out);
        Assert.Equal(("runs", 1, 1, 0), (json.GetProperty("xept").GetString(), json.GetProperty("good").GetInt32(),
            json.GetProperty("failed").GetInt32(), json.GetProperty("malformed").GetInt32()));
        JsonElement unexpected = json.GetProperty("traces")[1].GetProperty("unexpected")[0];
        Assert.Equal((2, "VM_CREATE", 2), (unexpected.GetProperty("line").GetInt32(), unexpected.GetProperty("name").GetString(),
            unexpected.GetProperty("differences").GetArrayLength()));
    }

    [Fact]
    public void What_makes_no_sense_for_several_traces_is_refused()
    {
        CliRun.Of("run", _folder).IsBadInput($"{_folder}: has no *.xetrace or *.xetrace.gz files");
        string trace = Write("a.xetrace", Good);
        CliRun.Of("run", trace, trace, "--dump", Path.Combine(_folder, "dump")).IsBadInput("--dump: writes the end state of one trace");
    }

    private string Write(string name, params string[] records)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, string.Join('\n', [TempFile.Header, .. records]) + "\n");
        return path;
    }
}
