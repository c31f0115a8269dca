using System.Text.Json;
using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>The verb that draws where the pages of mirrors live over time.</summary>
public class SvmCommandTests
{
    private const string Prefetch =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"PREFETCH","addr":"0x7f0000000000","range":"0x200000",""" +
        """ "prefetch_mem_region_instance":1}]}""";

    private static readonly string[] Records =
    [
        """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""",
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"CPU_ADDR_MIRROR","addr":0,"range":"0x1000000000000"}]}""",
        """{"event":"mmap","addr":"0x7f0000000000","size":"0x200000"}""",
        """{"event":"mmap","addr":"0x7e0000000000","size":"0x1000"}""",
        """{"event":"cpu_touch","addr":"0x7f0000000000","size":"0x200000","write":true}""",
        Prefetch,
        """{"event":"cpu_read","addr":"0x7f0000000000","size":4}""",
        Prefetch,
        """{"event":"munmap","addr":"0x7f0000000000","size":"0x200000"}""",
    ];

    [Fact]
    public void A_row_is_a_range_and_a_column_a_record_that_changed_it()
    {
        using TempFile trace = TempFile.Trace(Records);
        CliRun run = CliRun.Of(new Screen(80, HasColor: false), "svm", trace.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith(
            """
            vm 1 on bmg: where pages live, after each line that changed it
                                         1
                             line   467890
            0x7f0000000000  2 MiB  [.c0c0-]

            pages: - not mapped  . no pages yet  c system memory, CPU alone
                   0 VRAM of tile 0

                 4  mmap [0x7f0000000000, 0x7f0000200000) anonymous READ|WRITE

            """, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_each_state()
    {
        using TempFile trace = TempFile.Trace(Records);
        JsonElement vm = CliRun.Json("svm", trace.Path).GetProperty("vms")[0];
        Assert.Equal(
            [4, 6, 7, 8, 9, 10], vm.GetProperty("moments").EnumerateArray().Select(moment => moment.GetProperty("line").GetInt32()));
        JsonElement row = Assert.Single(vm.GetProperty("rows").EnumerateArray());
        Assert.Equal("0x7f0000000000", row.GetProperty("start").GetString());
        Assert.Equal(
            ["none", "system", "vram", "system", "vram", "unmapped"],
            row.GetProperty("states").EnumerateArray().Select(state => state.GetProperty("pages")[0].GetProperty("memory").GetString()));
        Assert.Equal(
            [0, 0, 1, 0, 1, 0], row.GetProperty("states").EnumerateArray().Select(state => state.GetProperty("bound").GetInt32()));
        Assert.Equal(
            [false, false, true, true, true, false],
            row.GetProperty("states").EnumerateArray().Select(state => state.GetProperty("exists").GetBoolean()));
    }

    [Fact]
    public void Notifiers_are_rows_too()
    {
        using TempFile trace = TempFile.Trace(Records);
        JsonElement row = CliRun.Json("svm", trace.Path, "--notifiers").GetProperty("vms")[0].GetProperty("rows")[0];
        Assert.Equal(
            ("0x7f0000000000", "0x7f0020000000"), (row.GetProperty("start").GetString(), row.GetProperty("end").GetString()));
    }

    [Fact]
    public void Many_ranges_share_rows_and_many_records_go_on_below()
    {
        string[] records = [.. Records[..2], .. Enumerable.Range(0, 60).SelectMany(i => (string[])
        [
            $$"""{"event":"mmap","addr":"0x{{0x7f00_0000_0000 + ((ulong)i << 22):x}}","size":"0x200000"}""",
            $$"""{"event":"cpu_touch","addr":"0x{{0x7f00_0000_0000 + ((ulong)i << 22):x}}","size":"0x200000","write":true}""",
            Prefetch.Replace("0x7f0000000000", $"0x{0x7f00_0000_0000 + ((ulong)i << 22):x}", StringComparison.Ordinal),
        ])];
        using TempFile trace = TempFile.Trace(records);
        string[] narrow = CliRun.Of(new Screen(80, HasColor: false), "svm", trace.Path).Out.Split('\n');
        Assert.All(narrow, line => Assert.True(line.Length <= 80, line));
        Assert.Equal(4 * 40, narrow.Count(line => line.EndsWith(']')));
        Assert.Contains(narrow, line => line.Contains("21 ranges  [", StringComparison.Ordinal));
        string[] all = CliRun.Of(new Screen(80, HasColor: false), "svm", trace.Path, "--all").Out.Split('\n');
        Assert.Equal(4 * 60, all.Count(line => line.EndsWith(']')));
    }

    [Fact]
    public void A_trace_without_ranges_says_so_and_a_VM_that_never_was_is_an_error()
    {
        string sample = CliRun.Sample("vulkan-sparse.xetrace");
        Assert.Equal("there never is a range: no GPU has touched a mirror\n", CliRun.Of("svm", sample).Out);
        CliRun.Of("svm", sample, "--vm", "7").IsBadInput("there never is a VM 7");
        CliRun.Of("svm", sample, "--client", "viewer").IsBadInput("there never is a VM of client \"viewer\"");
    }

    [Fact]
    public void Each_client_has_a_process_of_its_own()
    {
        static string Of(string client, string record) => $$"""{"client":"{{client}}",{{record[1..]}}""";
        using TempFile trace = TempFile.Trace([
            """{"event":"device","as":"small","platform":"lnl"}""",
            """{"event":"open","as":"one"}""",
            """{"event":"open","as":"two","device":"small"}""",
            .. Records[..5].Select(record => Of("one", record)), .. Records[..5].Select(record => Of("two", record)),
            Of("one", Prefetch), Of("two", Prefetch.Replace("instance\":1", "instance\":0", StringComparison.Ordinal)),
        ]);
        JsonElement[] vms = [.. CliRun.Json("svm", trace.Path).GetProperty("vms").EnumerateArray()];
        Assert.Equal(["one", "two"], vms.Select(vm => vm.GetProperty("client").GetString()));
        Assert.Equal("lnl", vms[1].GetProperty("platform").GetString());
        Assert.Equal(["vram", "system"], vms.Select(vm => vm.GetProperty("rows")[0].GetProperty("states").EnumerateArray().Last()
            .GetProperty("pages")[0].GetProperty("memory").GetString()));
        CliRun run = CliRun.Of("svm", trace.Path, "--client", "two");
        Assert.StartsWith("vm 1 of two on lnl: ", run.Out, StringComparison.Ordinal);
        Assert.Contains("    12  two: mmap [", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("of one", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Ranges_that_the_trace_names_are_rows_of_unmapped_memory()
    {
        using TempFile trace = TempFile.Trace([
            .. Records[..2],
            """{"event":"range_bind","vm_id":"vm","start":"0x10000","end":"0x20000","mem":"system","runs":[["0x4000000","0x10000"]]}""",
        ]);
        JsonElement state = CliRun.Json("svm", trace.Path).GetProperty("vms")[0].GetProperty("rows")[0].GetProperty("states")[0];
        Assert.Equal((true, 1), (state.GetProperty("exists").GetBoolean(), state.GetProperty("bound").GetInt32()));
    }
}
