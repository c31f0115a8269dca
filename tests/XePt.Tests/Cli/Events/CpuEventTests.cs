using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Trace events that change the pages behind userptrs.</summary>
public class CpuEventTests
{
    private const string Map = """{"event":"cpu_map","addr":"0x70000000","runs":[["0x30000000","0x2000"]]}""";
    private const string CreateVm = """{"ioctl":"VM_CREATE","as":"vm"}""";
    private const string CreateFaultVm = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";
    private const string Bind =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
        """{"op":"MAP_USERPTR","userptr":"0x70000000","addr":"0x40000000","range":"0x2000","pat_index":2,"flags":"IMMEDIATE"}]}""";

    private const string Replace = """{"event":"cpu_replace","addr":"0x70000000","runs":[["0x50000000","0x2000"]]}""";
    private const string Invalidate = """{"event":"cpu_invalidate","addr":"0x70000000","size":1}""";
    private const string Rebind = """{"event":"rebind","vm_id":"vm"}""";
    private const string Fault = """{"event":"fault","vm_id":"vm","addr":"0x40000000"}""";

    private static readonly string Moved = Map.Replace("0x30000000", "0x50000000", StringComparison.Ordinal);

    [Theory]
    [InlineData(CreateVm, Rebind)]
    [InlineData(CreateFaultVm, Fault)]
    [Rule("BIND-268")]
    public void Replaced_pages_are_those_that_the_next_repair_binds(string createVm, string repair) =>
        Assert.Equal(DigestOf(Moved, createVm, Bind), DigestOf(Map, createVm, Bind, Replace, repair));

    [Fact]
    [Rule("BIND-268")]
    public void A_run_says_what_a_change_met_and_which_mappings_are_stale()
    {
        using TempFile trace = TempFile.Trace(Map, CreateVm, Bind, Invalidate);
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Contains("cpu_invalidate [0x70000000, 0x70000001): 1 userptr, old pages free: ok", run.Out, StringComparison.Ordinal);
        Assert.Contains("stale", run.Out, StringComparison.Ordinal);
        JsonElement vma = CliRun.Json("run", trace.Path).GetProperty("vms")[0].GetProperty("vmas")[0];
        Assert.True(vma.GetProperty("stale").GetBoolean());

        using TempFile repaired = TempFile.Trace(Map, CreateVm, Bind, Invalidate, Rebind);
        Assert.DoesNotContain("stale", CliRun.Of("run", repaired.Path).Out, StringComparison.Ordinal);
        Assert.False(CliRun.Json("run", repaired.Path).GetProperty("vms")[0].GetProperty("vmas")[0].TryGetProperty("stale", out _));
        using TempFile zapped = TempFile.Trace(Map, CreateFaultVm, Bind, Invalidate);
        Assert.Contains("invalidated", CliRun.Of("run", zapped.Path).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_keeps_what_is_stale()
    {
        using TempFile trace = TempFile.Trace(Map, CreateVm, Bind, Invalidate);
        using var dump = new TempFile([]);
        Assert.Equal(0, CliRun.Of("run", trace.Path, "--dump", dump.Path).ExitCode);
        Assert.Contains("\"stale\"", File.ReadAllText(dump.Path), StringComparison.Ordinal);
        Assert.Equal(0, CliRun.Of("diff", trace.Path, dump.Path).ExitCode);
    }

    [Theory]
    [InlineData("""{"event":"cpu_invalidate","addr":"0x70000000","size":0}""", "'size'")]
    [InlineData("""{"event":"cpu_invalidate","addr":"0x70000000","size":"0xffffffffffffffff"}""", "'size'")]
    [InlineData("""{"event":"cpu_replace","addr":"0x70000000","runs":[["0x50000000","0x1000"]]}""",
        "no CPU memory of 0x1000 bytes begins at 0x70000000")]
    [InlineData("""{"event":"cpu_replace","addr":"0x70000004","runs":[["0x50000000","0x1000"]]}""",
        "'addr': 0x70000004 is not a multiple of 0x1000")]
    public void A_wrong_event_is_an_error_of_the_trace(string record, string message)
    {
        using TempFile trace = TempFile.Trace(Map, record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    private static string DigestOf(params string[] records)
    {
        using TempFile trace = TempFile.Trace(records);
        return CliRun.Json("run", trace.Path).GetProperty("vms")[0].GetProperty("digest").GetString()!;
    }
}
