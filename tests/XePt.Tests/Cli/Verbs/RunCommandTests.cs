using System.Text.Json;

namespace XePt.Tests.Cli;

public class RunCommandTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","as":"vm"}""";
    private const string CreateBo = """{"ioctl":"GEM_CREATE","size":"0x200000","placement":2,"cpu_caching":"WC","as":"bo"}""";
    private const string MapBo =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":"0x40000000","range":"0x200000","pat_index":2}]}""";
    private const string UnmapHalf = """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"UNMAP","addr":"0x40000000","range":"0x100000"}]}""";

    [Fact]
    public void What_was_played_is_shown_when_the_rest_needs_what_was_refused()
    {
        string trace = CliRun.Sample("mirror-lifecycle.xetrace");
        const string cause = "there is no VM 0; refused before: VM_CREATE of line 2, GEM_CREATE of line 4";
        CliRun run = CliRun.Of("run", trace, "--platform", "tgl");
        Assert.Equal((2, $"xept: {trace}:6: {cause}\n"), (run.ExitCode, run.Error));
        Assert.Contains("this device has no recoverable page faults [BIND-005]", run.Out, StringComparison.Ordinal);
        Assert.Contains(cause, CliRun.Parse(CliRun.Of("run", trace, "--platform", "tgl", "--json").Out).GetProperty("stop").GetString(),
            StringComparison.Ordinal);

        // The other verbs have nothing to show then.
        CliRun.Of("map", trace, "--platform", "tgl").IsBadInput(cause);
    }

    [Theory]
    [InlineData("--json", "--junit", "-")]
    [InlineData("--tap", "-", "--junit", "-")]
    public void Only_one_report_goes_to_the_standard_output(params string[] options) =>
        CliRun.Of(["run", CliRun.Sample("userptr.xetrace"), .. options]).IsBadInput("cannot share the standard output");

    [Fact]
    public void The_report_shows_calls_vmas_tables_pages_and_flushes()
    {
        using TempFile trace = TempFile.Trace(CreateVm, CreateBo, MapBo);
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("4  VM_BIND vm 1: MAP bo+0x0 at [0x40000000, 0x40200000) pat 2: ok", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"0x40000000 +0x40200000 +2 MiB +bo +bo\+0x0 +none +2 +bound +1 x 2M", run.Out);
        Assert.Contains("4 page tables, 16 KiB", run.Out, StringComparison.Ordinal);
        Assert.Matches(@"2M +1 +2 MiB", run.Out);
        Assert.Contains("TLB flushes: 0 by binds", run.Out, StringComparison.Ordinal);
    }

    /// <summary>This platform has no fault mode, so there is no VM for the records that follow.</summary>
    [Fact]
    public void An_unmet_expectation_is_reported_also_when_a_later_record_makes_no_sense_because_of_it()
    {
        string trace = CliRun.Sample("mirror-lifecycle.xetrace"), dump = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        CliRun run = CliRun.Of("run", trace, "--platform", "tgl", "--expect", "--dump", dump);
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("line 2: VM_CREATE: expected errno ok, got -EINVAL", run.Out, StringComparison.Ordinal);
        Assert.Contains("the rest cannot be played after that: ", run.Out, StringComparison.Ordinal);
        Assert.Contains("there is no VM 0", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("everything is as expected", run.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(dump));

        CliRun json = CliRun.Of("run", trace, "--platform", "tgl", "--expect", "--json");
        Assert.Equal(1, json.ExitCode);
        Assert.Contains("there is no VM 0", CliRun.Parse(json.Out).GetProperty("stop").GetString(), StringComparison.Ordinal);
        // Nobody has asked for expectations: then it is the trace that does not fit the platform.
        Assert.Equal(2, CliRun.Of("run", trace, "--platform", "tgl").ExitCode);
    }

    [Fact]
    public void An_error_of_the_trace_stays_one_when_everything_before_is_as_expected()
    {
        using TempFile trace = TempFile.Trace(CreateVm, """{"event":"fault","vm_id":7,"addr":0}""");
        CliRun.Of("run", trace.Path, "--expect").IsBadInput("there is no VM 7");
        Assert.Equal(
            JsonValueKind.Null, CliRun.Json("run", CliRun.Sample("mirror-lifecycle.xetrace"), "--expect").GetProperty("stop").ValueKind);
    }

    [Fact]
    public void Json_has_the_same_facts()
    {
        using TempFile trace = TempFile.Trace(CreateVm, CreateBo, MapBo, UnmapHalf);
        JsonElement run = CliRun.Json("run", trace.Path);
        Assert.Equal(("run", 2), (run.GetProperty("xept").GetString(), run.GetProperty("version").GetInt32()));
        Assert.Equal(("bmg", "F"), (run.GetProperty("platform").GetString(), run.GetProperty("profile").GetString()));
        JsonElement vm = run.GetProperty("vms")[0];
        Assert.Equal("0x40100000", vm.GetProperty("vmas")[0].GetProperty("start").GetString());

        // The rest of the 2 MiB leaf is bound anew in 4 KiB entries: 16 hinted 64 KiB pages.
        JsonElement pages = vm.GetProperty("tables").GetProperty("pages")[0];
        Assert.Equal(("64K", 16, 0x100000),
            (pages.GetProperty("size").GetString(), pages.GetProperty("pages").GetInt32(), pages.GetProperty("bytes").GetInt32()));
        Assert.Equal(5, vm.GetProperty("tables").GetProperty("count").GetInt32());
        Assert.True(vm.GetProperty("tlb_flushes").GetProperty("binds").GetInt32() > 0);
    }

    [Fact]
    public void A_rejected_call_is_a_result_and_no_failure()
    {
        using TempFile trace = TempFile.Trace(CreateVm, """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","range":"0x1000"}]}""");
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains(
            "-EINVAL: op 0: obj = 0x0: MAP needs a BO unless it is NULL or a mirror [BIND-076]", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"errno":-22}""", "expected errno -EINVAL, got ok")]
    [InlineData("""{"rule":"BIND-001"}""", "expected rule BIND-001, got none")]
    [InlineData("""{"vmas":[]}""", "expected 0 VMAs, got 1")]
    [InlineData(
        """{"vmas":[{"start":"0x40000000","end":"0x40200000","kind":"null"}]}""", "VMA 0: expected [0x40000000, 0x40200000) null, got")]
    [InlineData("""{"vmas":[{"start":"0x40000000","end":"0x40200000","kind":"bo","present":false}]}""", "present=false, got")]
    [InlineData("""{"digest":"0000000000000000"}""", "expected digest 0000000000000000, got")]
    public void An_expectation_that_is_not_met_fails_the_run(string expected, string message)
    {
        using TempFile trace = TempFile.Trace(CreateVm, CreateBo, $"{MapBo[..^1]},\"expect\":{expected}}}");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"line 4: VM_BIND: ", run.Out, StringComparison.Ordinal);
        Assert.Contains(message, run.Out, StringComparison.Ordinal);
        Assert.Equal(0, CliRun.Of("run", trace.Path).ExitCode);
    }

    [Fact]
    public void The_digest_tells_states_apart_and_can_be_expected()
    {
        using TempFile full = TempFile.Trace(CreateVm, CreateBo, MapBo), half = TempFile.Trace(CreateVm, CreateBo, MapBo, UnmapHalf);
        string digest = DigestOf(full);
        Assert.NotEqual(digest, DigestOf(half));
        using TempFile expecting = TempFile.Trace(CreateVm, CreateBo, $"{MapBo[..^1]},\"expect\":{{\"digest\":\"{digest}\"}}}}");
        Assert.Equal(0, CliRun.Of("run", expecting.Path, "--expect").ExitCode);
    }

    /// <summary>Equal VMAs, and in some pairs equal tables, in VMs that a GPU sees differently or that go on differently.</summary>
    [Fact]
    public void The_digest_tells_vms_apart_by_mode_and_by_what_unmapped_addresses_read()
    {
        string[] flags = ["0x0", "0x1", "0x2", "0x3", "0x6", "0x7"];
        foreach (string[] records in new string[][] { [],
            [CreateBo, MapBo.Replace("\"addr\"", "\"flags\":\"IMMEDIATE\",\"addr\"", StringComparison.Ordinal)] })
        {
            string[] digests = [.. flags.Select(flag =>
            {
                using TempFile trace = TempFile.Trace([$$"""{"ioctl":"VM_CREATE","flags":"{{flag}}","as":"vm"}""", .. records]);
                return DigestOf(trace);
            })];
            Assert.Equal(flags.Length, digests.Distinct().Count());
        }
    }

    [Fact]
    public void Stop_at_plays_up_to_that_line()
    {
        using TempFile trace = TempFile.Trace(CreateVm, CreateBo, MapBo, UnmapHalf);
        Assert.Equal(3, CliRun.Json("run", trace.Path, "--stop-at", "4").GetProperty("calls").GetArrayLength());
    }

    [Fact]
    public void Another_platform_can_be_chosen()
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE"}""");
        CliRun run = CliRun.Of("run", trace.Path, "--platform", "dg2");
        Assert.Contains("on dg2", run.Out, StringComparison.Ordinal);
        Assert.Contains("this device has no recoverable page faults [BIND-005]", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_calls_of_a_kind_are_one_line_unless_each_is_asked_for()
    {
        using TempFile trace = TempFile.Trace([CreateVm, .. Enumerable.Repeat("""{"ioctl":"SYNCOBJ_CREATE"}""", 150)]);
        Assert.Contains("3-152  SYNCOBJ_CREATE x 150: ok", CliRun.Of("run", trace.Path).Out, StringComparison.Ordinal);
        Assert.Contains(
            "152  SYNCOBJ_CREATE empty -> handle 150: ok", CliRun.Of("run", trace.Path, "--calls").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Output_that_is_no_terminal_has_no_escape_codes() =>
        Assert.DoesNotContain('\e', CliRun.Of("run", CliRun.Sample("mistakes.xetrace"), "--expect").Out);

    private static string DigestOf(TempFile trace) =>
        CliRun.Json("run", trace.Path).GetProperty("vms")[0].GetProperty("digest").GetString()!;
}
