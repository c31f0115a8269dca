using System.Text.Json;
using XePt.Tests.Kit;

namespace XePt.Tests.Cli;

public class DiffCommandTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","as":"vm"}""";
    private const string CreateBo = """{"ioctl":"GEM_CREATE","size":"0x4000","placement":1,"cpu_caching":"WC","as":"bo"}""";

    private static string Map(int page, string flags = "none") =>
        $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
        $$"""{"op":"MAP","flags":"{{flags}}","obj":"bo","addr":"0x{{page * 0x1000:x}}","range":"0x1000","pat_index":2}]}""";

    [Fact]
    public void A_dump_equals_the_trace_it_was_made_from()
    {
        foreach (
            string sample in (string[])["mirror-lifecycle.xetrace", "compute-usm.xetrace", "vulkan-sparse.xetrace", "mistakes.xetrace",
                "mirror-round.xetrace", "userptr.xetrace"])
        {
            using TempFile dump = Dump(CliRun.Sample(sample));
            CliRun run = CliRun.Of("diff", CliRun.Sample(sample), dump.Path);
            Assert.Equal((0, "", "the end states are the same\n"), (run.ExitCode, run.Error, run.Out));
        }
    }

    [Fact]
    public void An_empty_file_is_an_error_on_its_first_line()
    {
        using var empty = new TempFile([]);
        CliRun.Of("diff", CliRun.Sample("mistakes.xetrace"), empty.Path).IsBadInput($"{empty.Path}:1: is empty");
    }

    [Fact]
    public void A_piece_of_a_vma_that_was_never_bound_has_no_page_size_in_any_verb()
    {
        const string Defer = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";
        using TempFile trace = TempFile.Trace(
            Defer, CreateBo, Map(0),
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
            """{"op":"MAP","flags":"NULL","addr":"0x40000000","range":"0xc0000000","pat_index":2}]}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"UNMAP","addr":"0x80000000","range":"0x40000000"}]}""");
        JsonElement vm = CliRun.Json("run", trace.Path).GetProperty("vms")[0];
        Assert.All(vm.GetProperty("vmas").EnumerateArray(), vma => Assert.Equal(0, vma.GetProperty("page_sizes").GetArrayLength()));
        foreach (string[] verb in (string[][])[["run", trace.Path], ["map", trace.Path], ["walk", trace.Path, "0xc0000000"]])
        {
            string text = CliRun.Of(verb).Out;
            Assert.Contains("none", text, StringComparison.Ordinal);
            Assert.DoesNotContain("1G", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Differences_are_named_down_to_the_entry()
    {
        using TempFile a = TempFile.Trace(CreateVm, CreateBo, Map(0), Map(1)),
            b = TempFile.Trace(CreateVm, CreateBo, Map(0), Map(1, "READONLY"), Map(2));
        CliRun run = CliRun.Of("diff", a.Path, b.Path, "--json");
        Assert.Equal(1, run.ExitCode);
        JsonElement[] differences = [.. CliRun.Parse(run.Out).GetProperty("differences").EnumerateArray()];

        Assert.Equal(
            ["vma", "vma", "table", "entry", "entry"], differences.Select(difference => difference.GetProperty("kind").GetString()));
        Assert.Contains("flags=READONLY", differences[0].GetProperty("b").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, differences[1].GetProperty("a").ValueKind);
        Assert.Equal("vm 1: tile 0 level 0 table at 0x0, entry 1", differences[3].GetProperty("place").GetString());
        Assert.Contains("present writable pat=2", differences[3].GetProperty("a").GetString(), StringComparison.Ordinal);
        Assert.Contains("present read-only pat=2", differences[3].GetProperty("b").GetString(), StringComparison.Ordinal);
        Assert.Equal("empty", differences[4].GetProperty("a").GetString());
    }

    /// <summary>A mirror with a page that the GPU has touched, as a dump and as the trace, and after one more record.</summary>
    [Theory]
    [InlineData("""{"event":"cpu_read","addr":"0x7f4000000000","size":8}""", "vm 1: range at 0x7f4000000000",
        "bound present on tiles 0 invalidated on tiles -: 2 MiB VRAM of tile 0",
        "invalidated present on tiles 0 invalidated on tiles 0: 2 MiB system")]
    [InlineData("""{"event":"munmap","addr":"0x7f4000000000","size":"0x200000"}""", "vm 1: notifier at 0x7f4000000000", "1 range", null)]
    [InlineData(
        """{"ioctl":"MADVISE","vm_id":"vm","start":0,"range":"0x1000000000000","type":"PREFERRED_LOC","preferred_mem_loc.devmem_fd":-1}""",
        "vm 1: VMA at 0x0", "present=false", "present=false advice: in system memory")]
    [InlineData(
        """{"ioctl":"MADVISE","vm_id":"vm","start":0,"range":"0x1000000000000","type":"ATOMIC","atomic.val":"GLOBAL"}""",
        "vm 1: VMA at 0x0", "present=false", "present=false advice: atomic GLOBAL")]
    [Rule("BIND-282")]
    public void What_is_in_mirrors_and_advice_on_them_makes_a_difference(string record, string place, string before, string? after)
    {
        string[] touched =
        [
            """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
            """{"op":"MAP","flags":"CPU_ADDR_MIRROR","addr":0,"range":"0x1000000000000"}]}""",
            """{"event":"mmap","addr":"0x7f4000000000","size":"0x200000"}""",
            """{"event":"cpu_write","addr":"0x7f4000000000","pattern":"01","size":"0x200000"}""",
            """{"event":"gpu_read","vm_id":"vm","addr":"0x7f4000000000","size":8}""",
        ];
        using TempFile trace = TempFile.Trace(touched), more = TempFile.Trace([.. touched, record]);
        using TempFile dump = Dump(trace.Path), dumpOfMore = Dump(more.Path);
        Assert.Equal("the end states are the same\n", CliRun.Of("diff", more.Path, dumpOfMore.Path).Out);
        foreach (string path in (string[])[trace.Path, dump.Path])
        {
            JsonElement found = CliRun.Parse(CliRun.Of("diff", path, dumpOfMore.Path, "--json").Out).GetProperty("differences")
                .EnumerateArray().First(difference => difference.GetProperty("place").GetString() == place);
            Assert.EndsWith(before, found.GetProperty("a").GetString(), StringComparison.Ordinal);
            Assert.EndsWith(after ?? "", found.GetProperty("b").GetString() ?? "", StringComparison.Ordinal);
            Assert.Equal(after is null, found.GetProperty("b").ValueKind == JsonValueKind.Null);
        }
    }

    [Fact]
    public void A_dump_whose_range_contradicts_itself_is_bad_input()
    {
        using TempFile dump = TempFile.Lines(
            """{"xept":"dump","version":3,"platform":"lnl","profile":"F","vms":[{"vm_id":1,"mode":"fault","scratch":false,"vmas":[],""",
            """ "tables":[],"tlb_flushes":{"binds":0,"zaps":0,"seqno":0},"mirrors":{"notifiers":[],"ranges":[{"start":"0x1000",""",
            """ "end":"0x2000","binding":"bound","present":1,"invalidated":1,"pages":[]}]}}]}""");
        CliRun.Of("diff", dump.Path, dump.Path).IsBadInput("range: 'binding' is \"bound\" where \"invalidated\" is meant");
    }

    [Fact]
    public void Where_tables_are_in_memory_makes_no_difference()
    {
        // The first VM of the second trace takes the first table pages.
        using TempFile a = TempFile.Trace(CreateVm, CreateBo, Map(0));
        using TempFile b = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"other"}""", CreateVm, CreateBo, Map(0), """{"ioctl":"VM_DESTROY","vm_id":"other"}""");
        JsonElement[] differences = [
            .. CliRun.Parse(CliRun.Of("diff", a.Path, b.Path, "--json").Out).GetProperty("differences").EnumerateArray()];
        Assert.Equal(["vm 1", "vm 2"], differences.Select(difference => difference.GetProperty("place").GetString()));

        string[] digests = [
            .. new[] { a, b }.Select(trace => CliRun.Json("run", trace.Path).GetProperty("vms")[0].GetProperty("digest").GetString()!)];
        Assert.Equal(digests[0], digests[1]);
    }

    [Fact]
    public void Text_shows_both_sides_and_a_limited_list()
    {
        using TempFile a = TempFile.Trace(CreateVm),
            b = TempFile.Trace([CreateVm, CreateBo, .. Enumerable.Range(0, 150).Select(i => Map(2 * i))]);
        CliRun run = CliRun.Of("diff", a.Path, b.Path);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("vm 1: VMA at 0x0\n  + [0x0, 0x1000) bo", run.Out, StringComparison.Ordinal);
        Assert.Contains("more (--all lists them)", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("--all", CliRun.Of("diff", a.Path, b.Path, "--all").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\n  \"xept\": oops", "3: bad JSON at column", false)]
    [InlineData("{\"xept\":\"run\"}", "neither a trace nor a dump")]
    [InlineData("{\"xept\":\"dump\",\"version\":9}", "dump version 9 is unknown")]
    [InlineData("{\"xept\":\"dump\",\"version\":3,\"platform\":\"lnl\",\"profile\":\"F\",\"vms\":[{}]}", "vm: 'vm_id' is missing")]
    [InlineData("{\"xept\":\"dump\",\"version\":3,\"platform\":\"lnl\",\"profile\":\"F\",\"vms\":{}}", "'vms': {} is not an array")]
    [InlineData("[]", "neither a trace nor a dump", false)]
    public void A_file_that_is_neither_is_bad_input(string content, string message, bool isExact = true)
    {
        using TempFile file = TempFile.Lines(content);
        CliRun run = CliRun.Of("diff", file.Path, file.Path);
        run.IsBadInput($"{file.Path}:");
        if (isExact)
            run.IsBadInput(message);
    }

    private static TempFile Dump(string trace)
    {
        var dump = new TempFile([]);
        Assert.Equal(0, CliRun.Of("run", trace, "--dump", dump.Path).ExitCode);
        return dump;
    }
}
