using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Different ways to write the same call.</summary>
public class TraceFormatTests
{
    private const string FaultVm = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";

    [Theory]
    [InlineData("\"NULL|READONLY\"")]
    [InlineData("\"readonly | null\"")]
    [InlineData("\"DRM_XE_VM_BIND_FLAG_NULL|DRM_XE_VM_BIND_FLAG_READONLY\"")]
    [InlineData("\"NULL|0x1\"")]
    [InlineData("\"5\"")]
    [InlineData("5")]
    public void Flags_are_names_with_or_without_prefix_or_numbers(string flags)
    {
        JsonElement vma = OnlyVma($$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":{{flags}},"range":"0x1000"}]}""");
        Assert.Equal("READONLY|NULL", vma.GetProperty("flags").GetString());
    }

    [Theory]
    [InlineData("DRM_IOCTL_XE_VM_BIND", "\"DRM_XE_VM_BIND_OP_MAP\"", "4096")]
    [InlineData("vm_bind", "0", "\"4096\"")]
    [InlineData("XE_VM_BIND", "\"map\"", "\"0x1000\"")]
    public void Ioctls_ops_and_numbers_have_several_spellings(string ioctl, string op, string range)
    {
        JsonElement vma = OnlyVma(
            $$"""{"ioctl":"{{ioctl}}","vm_id":1,"num_binds":1,"binds":[{"op":{{op}},"flags":"NULL","range":{{range}}}]}""");
        Assert.Equal("0x1000", vma.GetProperty("end").GetString());
    }

    [Theory]
    [InlineData("F", "CPU_ADDR_MIRROR", 0)]
    [InlineData("F", "0x20", 0)]
    [InlineData("F", "0x10", -22)]
    [InlineData("S-open", "CPU_ADDR_MIRROR", 0)]
    [InlineData("S-open", "0x10", 0)]
    [InlineData("S-open", "0x20", -22)]
    [InlineData("S-open", "CPU_ADDR_MIRROR|IMMEDIATE", 0)]
    [InlineData("S-gated", "CPU_ADDR_MIRROR", -95)]
    [Rule("BIND-072")]
    public void A_flag_name_is_the_bit_of_the_profile_and_a_number_is_itself(string profile, string flags, int errno)
    {
        using TempFile trace = TempFile.Trace(
            FaultVm, $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"{{flags}}","range":"0x1000"}]}""");
        Assert.Equal(errno, LastErrno(trace, "--profile", profile));
    }

    /// <summary>As the kernel takes structs of other sizes: what is not sent is 0, what there is no room for does not come back, and what
    /// lies behind the struct is not looked at.</summary>
    [Theory]
    [InlineData(16, 0, 1, "preempt-fence")]
    [InlineData(12, 0, 0, "preempt-fence")]
    [InlineData(8, 0, 0, "dma-fence")]
    [InlineData(32, -22, 0, null)]
    [InlineData(4096, -22, 0, null)]
    public void A_request_may_have_a_struct_of_another_size(int size, int errno, int id, string? mode)
    {
        using TempFile trace = TempFile.Trace(
            $$"""{"ioctl":"VM_CREATE","arg_size":{{size}},"flags":"LR_MODE","reserved":[1,0],"as":"vm"}""",
            """{"ioctl":"VM_DESTROY","vm_id":"vm"}""");
        JsonElement run = CliRun.Json("run", trace.Path, "--stop-at", "2");
        JsonElement call = Assert.Single(run.GetProperty("calls").EnumerateArray());
        Assert.Equal(
            (errno, id), (call.GetProperty("errno").GetInt32(), call.GetProperty("returned").GetProperty("vm_id").GetInt32()));
        Assert.Equal(size, call.GetProperty("fields").GetProperty("arg_size").GetInt32());
        Assert.Equal(
            mode, run.GetProperty("vms").EnumerateArray().Select(vm => vm.GetProperty("mode").GetString()).SingleOrDefault());
        // Who does not get the id cannot name it.
        Assert.Equal(id == 1 ? 0 : -2, LastErrno(trace));
    }

    /// <summary>Arrays stand in the record, and their counts in the struct.</summary>
    [Fact]
    public void An_array_whose_count_is_not_sent_is_not_read()
    {
        const string bind = """{"ioctl":"VM_BIND",%"vm_id":1,"binds":[{"op":"MAP","flags":"NULL","range":"0x1000"}],""" +
            """ "syncs":[{"type":"SYNCOBJ","handle":7}]}""";
        using TempFile whole = TempFile.Trace(FaultVm, bind.Replace("%", "", StringComparison.Ordinal));
        using TempFile cut = TempFile.Trace(FaultVm, bind.Replace("%", "\"arg_size\":104,", StringComparison.Ordinal));
        using TempFile empty = TempFile.Trace(FaultVm, bind.Replace("%", "\"arg_size\":16,", StringComparison.Ordinal));
        Assert.Equal((-2, 0), (LastErrno(whole), LastErrno(cut)));
        Assert.Equal((1, 0), (VmasAfter(cut), VmasAfter(empty)));

        static int VmasAfter(TempFile trace) => CliRun.Json("map", trace.Path).GetProperty("vms")[0].GetProperty("vmas").GetArrayLength();
    }

    [Theory]
    [InlineData("""{"ioctl":"VM_CREATE","arg_size":16384}""", "'arg_size': a request code has room for 16383 at most")]
    [InlineData("""{"event":"pump","arg_size":8}""", "unknown field 'arg_size'")]
    public void Not_every_size_can_be_asked_for(string record, string message)
    {
        using TempFile trace = TempFile.Trace(record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    /// <summary>Lines keep their numbers, whatever is skipped.</summary>
    [Fact]
    public void Comments_are_lines_or_records_and_may_stand_anywhere()
    {
        using TempFile trace = TempFile.Lines(
            "# what this is about", "", TempFile.Header, "// a VM", "{\"ioctl\":\"VM_CREATE\"}", "{\"comment\":\"that was all\"}",
            " \t# the end", "{\"ioctl\":\"VM_CREATE\"}");
        JsonElement[] calls = [.. CliRun.Json("run", trace.Path).GetProperty("calls").EnumerateArray()];
        Assert.Equal([5, 8], calls.Select(call => call.GetProperty("line").GetInt32()));
        Assert.True(CliRun.Json("diff", trace.Path, trace.Path).GetProperty("equal").GetBoolean());
    }

    /// <summary>Addresses and entries on the command line are hexadecimal in every verb.</summary>
    [Fact]
    public void A_bare_address_is_never_taken_for_a_decimal_number()
    {
        string trace = CliRun.Sample("mirror-lifecycle.xetrace");
        Assert.Equal(CliRun.Of("walk", trace, "0x100000").Out, CliRun.Of("walk", trace, "100000").Out);
        string[] entry = ["--platform", "bmg", "--level", "0"];
        Assert.Equal(CliRun.Of(["pte", "0x100000", .. entry]).Out, CliRun.Of(["pte", "100000", .. entry]).Out);
    }

    [Fact]
    [Rule("BIND-065")]
    public void Num_binds_above_the_ops_that_are_there_is_an_unreadable_vector()
    {
        using TempFile trace = TempFile.Trace(
            FaultVm, """{"ioctl":"VM_BIND","vm_id":"vm","num_binds":3,"binds":[{"op":"MAP","flags":"NULL","range":"0x1000"}]}""");
        Assert.Equal(-14, LastErrno(trace));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("\"CONSULT_MEM_ADVISE_PREF_LOC\"")]
    [InlineData("\"DRM_XE_CONSULT_MEM_ADVISE_PREF_LOC\"")]
    [InlineData("4294967295")]
    [Rule("BIND-086")]
    public void The_advised_region_has_a_name_and_is_minus_one(string region)
    {
        using TempFile trace = TempFile.Trace(
            FaultVm,
            $$"""{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
            $$"""{"op":"PREFETCH","range":"0x1000","prefetch_mem_region_instance":{{region}}}]}""");
        Assert.Equal(0, LastErrno(trace));
    }

    [Fact]
    public void A_name_stands_for_what_its_last_record_returned_and_for_0_when_that_failed()
    {
        const string create = """{"ioctl":"GEM_CREATE","size":"0x1000","placement":1,"cpu_caching":"WC","as":"bo"}""";
        const string fail = """{"ioctl":"GEM_CREATE","size":1,"as":"bo"}""";
        const string close = """{"ioctl":"GEM_CLOSE","handle":"bo"}""";
        using TempFile trace = TempFile.Trace(create, create, close, fail, close);
        int[] errnos = [.. Errnos(trace)];
        Assert.Equal([0, 0, 0, -22, -22], errnos);
        Assert.Contains("GEM_CLOSE handle 2 (bo): ok", CliRun.Of("run", trace.Path).Out, StringComparison.Ordinal);
        Assert.Contains("GEM_CLOSE handle 0: -EINVAL", CliRun.Of("run", trace.Path).Out, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("BIND-220")]
    public void Debug_builds_and_places_that_fail_can_be_asked_for()
    {
        const string bind = """{"ioctl":"VM_BIND","vm_id":1,"binds":[{"op":"MAP","flags":"NULL|FORCE_OP_ERROR","range":"0x1000"}]}""";
        using TempFile debug = TempFile.Lines(
            """{"xetrace":1,"platform":"bmg","options":{"debug_build":true}}""", """{"ioctl":"VM_CREATE"}""", bind);
        Assert.Equal(-28, LastErrno(debug));
        using TempFile release = TempFile.Trace("""{"ioctl":"VM_CREATE"}""", bind);
        Assert.Equal(-22, LastErrno(release));
        using TempFile injected = TempFile.Trace(
            """{"event":"inject","point":"ScratchCreate"}""", """{"ioctl":"VM_CREATE","flags":"SCRATCH_PAGE"}""");
        Assert.Equal(-12, LastErrno(injected));
    }

    private static JsonElement OnlyVma(string bind)
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE","as":"vm"}""", bind);
        return CliRun.Json("map", trace.Path).GetProperty("vms")[0].GetProperty("vmas").EnumerateArray().Single();
    }

    private static int LastErrno(TempFile trace, params string[] options) => Errnos(trace, options).Last();

    private static IEnumerable<int> Errnos(TempFile trace, params string[] options) =>
        CliRun.Json(["run", trace.Path, .. options]).GetProperty("calls").EnumerateArray()
            .Select(call => call.GetProperty("errno").GetInt32());
}
