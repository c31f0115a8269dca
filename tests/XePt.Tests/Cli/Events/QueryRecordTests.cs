using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Records of queries, and expectations on fields.</summary>
public class QueryRecordTests
{
    private const string Config = """{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"fields":{"info":{""";

    [Fact]
    public void A_query_without_a_size_is_both_calls_and_one_with_a_size_is_one()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"DEVICE_QUERY","query":"config"}""",
            """{"ioctl":"DEVICE_QUERY","query":2,"size":0}""",
            """{"ioctl":"DEVICE_QUERY","query":"DRM_XE_DEVICE_QUERY_CONFIG","size":48}""",
            """{"ioctl":"DEVICE_QUERY","query":"CONFIG","size":40}""",
            """{"ioctl":"DEVICE_QUERY","query":"CONFIG","extensions":8}""");
        JsonElement[] calls = [.. CliRun.Json("run", trace.Path).GetProperty("calls").EnumerateArray()];
        Assert.Equal([0, 0, 0, -22, -22], calls.Select(call => call.GetProperty("errno").GetInt32()));
        JsonElement[] fields = [.. calls.Select(call => call.GetProperty("returned"))];
        Assert.Equal([48, 48, 48, 40, 0], fields.Select(field => field.GetProperty("size").GetInt32()));
        Assert.Equal([true, false, true, false, false], fields.Select(field => field.TryGetProperty("info", out _)));
        Assert.Equal("0x30", fields[0].GetProperty("info")[3].GetString());
    }

    [Theory]
    [InlineData("\"VA_BITS\":48", null)]
    [InlineData("\"DRM_XE_QUERY_CONFIG_VA_BITS\":\"0x30\",\"4\":1", null)]
    [InlineData("\"FLAGS\":\"HAS_VRAM | has_low_latency | 0xc\"", null)]
    [InlineData("\"FLAGS\":\"HAS_VRAM\"", "info[FLAGS]: expected HAS_VRAM, got 15")]
    [InlineData("\"REV_AND_DEVICE_ID\":57868", "info[REV_AND_DEVICE_ID]: expected 57868, got 0xe20b")]
    public void Elements_are_expected_by_name_or_number(string expected, string? difference)
    {
        using TempFile trace = TempFile.Trace(Config + expected + "}}}}");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal(difference is null ? 0 : 1, run.ExitCode);
        Assert.Contains(difference ?? "everything is as expected", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"num_gt":2,"gt_list":[{"type":"MAIN"},{"type":"MEDIA","ip_ver_major":13}]}""", null)]
    [InlineData("""{"gt_list":[{}]}""", "gt_list: expected 1 element, got 2")]
    [InlineData("""{"gt_list":{"1":{"type":"MAIN"}}}""", "gt_list[1].type: expected MAIN, got 1")]
    [InlineData("""{"gt_list":{"0":{"reserved":[0,0,0,0,0,0,0],"near_mem_regions":2}}}""", null)]
    public void Arrays_are_expected_whole_or_in_part(string expected, string? difference)
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"DEVICE_QUERY","query":"GT_LIST","expect":{"fields":""" + expected + "}}");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Contains(difference ?? "everything is as expected", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG",""" +
        """ "expect":{"fields":{"engines":[]}}}""", "there is no 'engines'; there are query, size")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"fields":{"info":{"5":0}}}}""", "there is no 'info[5]'; there are 5")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"fields":{"info":{"BITS":0}}}}""", "REV_AND_DEVICE_ID, FLAGS")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"fields":{"info":3}}}""", "'fields': info: 3 is not an object")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"fields":{"size":"many"}}}""", "'size'")]
    [InlineData("""{"ioctl":"GEM_CLOSE","handle":1,"expect":{"fields":{}}}""", "gives back no 'fields'")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","in":{"num_params":1}}""", "reads nothing")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"ENGINE_CYCLES","in":{"eci":{"class":0}}}""", "eci: unknown field 'class'")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"ENGINE_CYCLES","in":{"clockid":1},"data":4096}""", "'in' and 'data'")]
    [InlineData("""{"ioctl":"DEVICE_QUERY","query":"CLOCKS"}""", "'query': unknown name")]
    public void What_makes_no_sense_is_an_error_of_the_trace(string record, string message)
    {
        using TempFile trace = TempFile.Trace(record);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void A_question_is_in_the_record_or_in_the_clients_memory()
    {
        using TempFile trace = TempFile.Trace(
            """{"event":"advance","ns":1000000000}""",
            """{"ioctl":"DEVICE_QUERY","query":"ENGINE_CYCLES","in":{"eci":{"engine_class":"COPY"},"clockid":"TAI"},""" +
                """ "expect":{"errno":0,"fields":{"width":64,"engine_cycles":19200000,"clockid":"TAI",""" +
                """ "eci":{"engine_class":"COPY"}}}}""",
            """{"ioctl":"DEVICE_QUERY","query":"ENGINE_CYCLES","in":{"clockid":2},"expect":{"errno":"EINVAL","rule":"QRY-004"}}""",
            """{"event":"user_memory","addr":"0x10000","words":[1,0,0,0]}""",
            """{"ioctl":"DEVICE_QUERY","query":"UC_FW_VERSION","data":"0x10000","expect":{"errno":0,""" +
                """ "fields":{"uc_type":"HUC","major_ver":8}}}""",
            """{"ioctl":"DEVICE_QUERY","query":"UC_FW_VERSION","data":"0x20000","expect":{"errno":"EFAULT","rule":"UAPI-011"}}""",
            """{"ioctl":"DEVICE_QUERY","query":"UC_FW_VERSION","data":"0x10000","size":32,"expect":{"errno":0,""" +
                """ "fields":{"minor_ver":2}}}""");
        Assert.Equal((0, ""), (CliRun.Of("run", trace.Path, "--expect").ExitCode, CliRun.Of("run", trace.Path, "--expect").Error));
    }

    /// <summary>What the driver refuses leaves nothing behind that a later call of another kind would see.</summary>
    [Fact]
    public void A_refused_query_changes_nothing()
    {
        string[] work =
        [
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"GEM_CREATE","size":"0x10000","placement":2,"cpu_caching":"WC","as":"bo"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","obj":"bo","addr":"0x100000","range":"0x10000","pat_index":2}]}""",
        ];
        string[] refused =
        [
            """{"ioctl":"DEVICE_QUERY","query":"MEM_REGIONS","size":1}""",
            """{"ioctl":"DEVICE_QUERY","query":"PXP_STATUS"}""",
            """{"ioctl":"OBSERVATION","observation_type":"EU_STALL"}""",
            """{"ioctl":"GEM_MMAP_OFFSET","handle":7}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":9,"range":"0x1000"}""",
        ];
        using TempFile with = TempFile.Trace([.. work.SelectMany(record => (string[])[.. refused, record])]);
        using TempFile without = TempFile.Trace(work);
        Assert.True(CliRun.Json("diff", with.Path, without.Path).GetProperty("equal").GetBoolean());
        JsonElement[] calls = [.. CliRun.Json("run", with.Path).GetProperty("calls").EnumerateArray()];
        Assert.Equal(work.Length * refused.Length, calls.Count(call => call.GetProperty("errno").GetInt32() != 0));
    }

    [Fact]
    [Rule("UAPI-020")]
    public void Offsets_for_mmap_are_fields_and_values()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"GEM_CREATE","size":"0x10000","placement":2,"cpu_caching":"WC","as":"bo"}""",
            """{"ioctl":"GEM_MMAP_OFFSET","handle":"bo","expect":{"errno":0,"fields":{"handle":"bo","offset":"0x100000000"}}}""",
            """{"ioctl":"GEM_MMAP_OFFSET","flags":"PCI_BARRIER","expect":{"errno":0,"values":["0x50000"]}}""",
            """{"ioctl":"GEM_MMAP_OFFSET","handle":"bo","flags":1,"expect":{"errno":"EINVAL","rule":"UAPI-020"}}""",
            """{"ioctl":"GEM_MMAP_OFFSET","handle":5,"expect":{"errno":"ENOENT"}}""");
        Assert.Contains("everything is as expected", CliRun.Of("run", trace.Path, "--expect").Out, StringComparison.Ordinal);
    }

    [Fact]
    [Rule("BIND-275")]
    [Rule("BIND-277")]
    public void Attributes_are_counted_and_shown()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":"0x10000","range":"0x10000"}]}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":"0x30000","range":"0x1000","pat_index":3}]}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm","start":"0x11000","range":"0x100000","expect":{"errno":0,""" +
                """ "values":[2,64],"fields":{"mem_attrs":[{"start":"0x10000","end":"0x20000",""" +
                """ "preferred_mem_loc":{"migration_policy":0}},{"start":"0x30000","atomic":{"val":"UNDEFINED"},""" +
                """ "pat_index":{"val":3}}]}}}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm","start":0,"range":"0x100000","num_mem_ranges":0,""" +
                """ "expect":{"errno":0,"values":[2,64],"fields":{"mem_attrs":[]}}}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm","range":"0x100000","num_mem_ranges":1,""" +
                """ "sizeof_mem_range_attr":64,"vector_of_mem_attr":4096,"expect":{"errno":"ENOSPC","rule":"BIND-277"}}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm","range":"0x100000","num_mem_ranges":2,""" +
                """ "sizeof_mem_range_attr":48,"vector_of_mem_attr":4096,"expect":{"errno":"EINVAL"}}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm","start":"0x900000","range":"0x1000","expect":{"errno":0,""" +
                """ "values":[0,64]}}""");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Contains("everything is as expected", run.Out, StringComparison.Ordinal);
    }
}
