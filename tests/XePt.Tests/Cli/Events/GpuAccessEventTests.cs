using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Trace events of the GPU's accesses, of pages that are driven out, and of the collector of ranges.</summary>
public class GpuAccessEventTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";
    private const string Mirror =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"CPU_ADDR_MIRROR","addr":0,"range":"0x1000000000000"}]}""";

    private const string Map = """{"event":"mmap","addr":"0x7f0000000000","size":"0x200000"}""";
    private const string Fill = """{"event":"cpu_write","addr":"0x7f0000000000","pattern":"11","size":"0x200000"}""";
    private const string Read =
        """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000ffc","size":8,"expect":{"pattern":"11","outcome":"done"}}""";

    private const string InVram =
        """,{"start":"0x7f0000000000","end":"0x7f0000200000","binding":"bound","memory":"vram","tile":0}""";

    [Theory]
    [InlineData("bmg", "vram")]
    [InlineData("lnl", "system")]
    [InlineData("pvc", "vram")]
    public void CPU_and_GPU_see_what_the_other_has_written(string platform, string memory) => MeetsOn(
        platform, CreateVm, Mirror, Map, Fill, Read,
        """{"event":"gpu_write","vm_id":"vm","addr":"0x7f0000000ffe","bytes":"aabbcc","expect":{"outcome":"done","ranges":[""" +
        """{"start":"0x7f0000000000","end":"0x7f0000200000","binding":"bound","memory":"MEMORY"}]}}"""
            .Replace("MEMORY", memory, StringComparison.Ordinal),
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":8,"expect":{"bytes":"1111aabbcc111111"}}""",
        """{"event":"cpu_write","addr":"0x7f0000000ffe","bytes":"dd"}""",
        """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000ffc","size":4,"expect":{"bytes":"1111ddbb"}}""");

    [Theory]
    [InlineData("add", 5, 0, 12)]
    [InlineData("exchange", 5, 0, 5)]
    [InlineData("compare_exchange", 5, 7, 5)]
    [InlineData("compare_exchange", 5, 8, 7)]
    [InlineData("min", 5, 0, 5)]
    [InlineData("max", 5, 0, 7)]
    [InlineData("signed_min", -1, 0, -1)]
    [InlineData("signed_max", -1, 0, 7)]
    [InlineData("and", 3, 0, 3)]
    [InlineData("or", 8, 0, 15)]
    [InlineData("xor", 1, 0, 6)]
    public void Atomics_do_what_they_say_and_give_what_was_there(string op, int operand, int comparand, int result)
    {
        foreach (int size in (int[])[4, 8])
        {
            string expected = Convert.ToHexString(size == 4 ? BitConverter.GetBytes(result) : BitConverter.GetBytes((long)result));
            MeetsOn(
                "bmg", CreateVm, Mirror, Map, """{"event":"cpu_write","addr":"0x7f0000000000","words":[7]}""",
                $$"""{"event":"gpu_atomic","vm_id":"vm","addr":"0x7f0000000000","op":"{{op}}","operand":{{operand}},"size":{{size}},""" +
                $$$""" "comparand":{{{comparand}}},"expect":{"values":[7],"outcome":"done"}}""",
                $$$"""{"event":"cpu_read","addr":"0x7f0000000000","size":{{{size}}},"expect":{"bytes":"{{{expected}}}"}}""");
        }
    }

    [Fact]
    public void An_access_says_how_it_ended()
    {
        const string bind =
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":"0x10000","range":"0x10000"}]}""";
        MeetsOn(
            "bmg", CreateVm, bind,
            """{"event":"gpu_read","vm_id":"vm","addr":"0x10000","size":8,"expect":{"errno":0,"outcome":"scratch","pattern":"00"}}""",
            """{"event":"gpu_read","vm_id":"vm","addr":"0x30000","size":8,"expect":{"errno":"EINVAL","outcome":"nacked"}}""",
            """{"event":"gpu_write","vm_id":"vm","addr":"0xffffffffffff0000","words":[1],"expect":{"outcome":"out_of_range"}}""");
        MeetsOn(
            "bmg", """{"ioctl":"VM_CREATE","as":"vm"}""", bind.Replace("NULL", "NULL|READONLY", StringComparison.Ordinal),
            """{"event":"gpu_read","vm_id":"vm","addr":"0x30000","size":8,"expect":{"errno":"EFAULT","outcome":"not_present"}}""");
    }

    [Fact]
    public void The_bytes_of_a_BO_are_real()
    {
        MeetsOn(
            "bmg", CreateVm, """{"ioctl":"GEM_CREATE","size":"0x200000","placement":2,"cpu_caching":"WC","as":"bo"}""",
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[""" +
            """{"op":"MAP","obj":"bo","addr":"0x40000000","range":"0x200000","pat_index":2}]}""",
            """{"event":"gpu_write","vm_id":"vm","addr":"0x40000ffc","words":[77],"expect":{"errno":0,"outcome":"done"}}""",
            """{"event":"gpu_read","vm_id":"vm","addr":"0x40000ffc","size":8,"expect":{"words":[77]}}""");
    }

    [Fact]
    public void Pages_that_are_driven_out_come_back_with_the_next_access()
    {
        MeetsOn(
            "bmg", CreateVm, Mirror, Map, Fill, Read,
            """{"event":"page_evict","addr":"0x7f0000001000","size":1,"expect":{"errno":0,"values":[1]}}""",
            """{"event":"page_evict","addr":"0x7f0000001000","size":1,"expect":{"errno":0,"values":[0]}}""",
            Read.Replace("\"outcome\":\"done\"", "\"outcome\":\"done\",\"ranges\":[" + InVram[1..] + "]", StringComparison.Ordinal));
    }

    [Fact]
    public void The_collector_takes_ranges_that_the_CPU_has_unmapped()
    {
        const string unmap = """{"event":"munmap","addr":"0x7f0000000000","size":"0x200000"}""";
        MeetsOn("bmg", CreateVm, Mirror, Map, Fill, Read, unmap, """{"event":"collect_garbage","vm_id":"vm","expect":{"values":[0]}}""");

        // With the queued drive the worker waits for a pump.
        using TempFile queued = TempFile.Lines(
            """{"xetrace":1,"platform":"bmg","options":{"drive":"queued"}}""", CreateVm, Mirror, Map, Fill, Read,
            unmap, """{"event":"collect_garbage","vm_id":"vm","expect":{"values":[1],"ranges":[]}}""");
        CliRun run = CliRun.Of("run", queued.Path, "--expect");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }

    [Fact]
    public void A_batch_does_many_accesses_at_once()
    {
        MeetsOn(
            "bmg", CreateVm, Mirror, Map, Fill, """{"event":"cpu_write","addr":"0x7f0000002000","words":[7]}""",
            """{"event":"gpu_batch","vm_id":"vm","accesses":[{"kind":"read","addr":"0x7f0000000000","size":2},""" +
            """{"kind":"write","addr":"0x7f0000001000","bytes":"aabb"},{"kind":"read","addr":"0x1000","size":1},""" +
            """{"kind":"atomic","addr":"0x7f0000002000","op":"add","operand":3},{"kind":"read","addr":"0x7f00001fffff","size":1}],""" +
            """ "expect":{"errno":"ENOENT","outcomes":["done","done","nacked","done","done"],"bytes":"11110011","values":[7]}}""",
            """{"event":"cpu_read","addr":"0x7f0000001000","size":3,"expect":{"bytes":"aabb11"}}""",
            """{"event":"cpu_read","addr":"0x7f0000002000","size":8,"expect":{"words":[10]}}""");
        using TempFile trace = TempFile.Trace(
            CreateVm, Mirror, Map, Fill,
            """{"event":"gpu_batch","vm_id":"vm","accesses":[{"kind":"read","addr":"0x7f0000000000","size":2}]}""");
        JsonElement call = CliRun.Json("run", trace.Path).GetProperty("calls")[4];
        Assert.Equal(["done"], call.GetProperty("outcomes").EnumerateArray().Select(outcome => outcome.GetString()));
        Assert.Equal("1111", call.GetProperty("bytes").GetString());
    }

    [Fact]
    public void Expectations_of_outcomes_and_ranges_are_checked()
    {
        using TempFile trace = TempFile.Trace(
            CreateVm, Mirror, Map, Fill,
            """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000000","size":8,"expect":{"outcome":"nacked"}}""",
            """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000000","size":8,"expect":{"ranges":[]}}""",
            """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000000","size":8,"expect":{"ranges":[""" +
            InVram[1..].Replace("vram\",\"tile\":0", "system\"", StringComparison.Ordinal) + "]}}");
        string text = CliRun.Of("run", trace.Path, "--expect").Out;
        Assert.Contains("line 6: gpu_read: expected outcome nacked, got done\n", text, StringComparison.Ordinal);
        Assert.Contains("line 7: gpu_read: expected 0 ranges, got 1\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "line 8: gpu_read: expected range [0x7f0000000000, 0x7f0000200000) bound system, "
            + "got [0x7f0000000000, 0x7f0000200000) bound 2 MiB VRAM of tile 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_what_a_fault_led_to()
    {
        using TempFile trace = TempFile.Trace(CreateVm, Mirror, Map, Fill, Read);
        JsonElement run = CliRun.Json("run", trace.Path);
        JsonElement access = run.GetProperty("calls")[4];
        Assert.Equal(("done", 1), (access.GetProperty("outcome").GetString(), access.GetProperty("svm").GetProperty("faults").GetInt32()));
        JsonElement statistics = run.GetProperty("devices")[0].GetProperty("gts")[0].GetProperty("statistics");
        Assert.Equal(
            (1, 1, 2048),
            (statistics.GetProperty("svm_pagefault_count").GetInt32(), statistics.GetProperty("svm_2M_migrate_count").GetInt32(),
                statistics.GetProperty("svm_device_copy_kb").GetInt32()));
    }

    [Theory]
    [InlineData("""{"event":"gpu_read","vm_id":9,"addr":0,"size":1}""", "there is no VM 9")]
    [InlineData("""{"event":"gpu_read","vm_id":"vm","addr":0,"size":1,"gt":9}""", "'gt': the device has no GT 9")]
    [InlineData("""{"event":"gpu_read","vm_id":"vm","addr":0,"size":0}""", "'size': not 1 to 16777216 bytes")]
    [InlineData("""{"event":"gpu_atomic","vm_id":"vm","addr":1,"op":"add","operand":1}""", "a word has 4 or 8 bytes")]
    [InlineData("""{"event":"gpu_atomic","vm_id":"vm","addr":0,"op":"ad","operand":1}""", "'op': unknown \"ad\"; did you mean 'add'?")]
    [InlineData("""{"event":"gpu_batch","vm_id":"vm","accesses":[]}""", "'accesses': not 1 to 65536")]
    [InlineData(
        """{"event":"gpu_batch","vm_id":"vm","accesses":[{"kind":"see","addr":0}]}""", "'kind': \"see\" is none of read, write, atomic")]
    [InlineData("""{"event":"gpu_read","vm_id":"vm","addr":0,"size":1,"expect":{"outcome":"dune"}}""", "'outcome': unknown \"dune\"")]
    [InlineData(
        """{"event":"gpu_read","vm_id":"vm","addr":0,"size":1,"expect":{"ranges":[{"start":0,"end":1,"memory":"ram"}]}}""", "'memory'")]
    public void A_wrong_event_is_an_error_of_the_trace(string record, string message)
    {
        using TempFile trace = TempFile.Trace(CreateVm, record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    private static void MeetsOn(string platform, params string[] records)
    {
        using TempFile trace = TempFile.Lines([$$"""{"xetrace":1,"platform":"{{platform}}"}""", .. records]);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }
}
