using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Trace events of a client's process: its mappings, its bytes, its children, what mirrors and userptrs make of them.</summary>
public class ProcessEventTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";
    private const string Mirror =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"CPU_ADDR_MIRROR","addr":0,"range":"0x1000000000000"}]}""";

    private const string Map = """{"event":"mmap","addr":"0x7f0000000000","size":"0x200000"}""";
    private const string Write = """{"event":"cpu_write","addr":"0x7f0000000ffc","words":[1,2]}""";
    private const string Touch = """{"event":"cpu_touch","addr":"0x7f0000000000","size":"0x200000","write":true}""";
    private const string Prefetch =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"PREFETCH","addr":"0x7f0000000000","range":"0x200000",""" +
        """ "prefetch_mem_region_instance":1}],"expect":{"errno":0}}""";

    private const string ReadBack = """{"event":"cpu_read","addr":"0x7f0000000ffc","size":16,"expect":{"errno":0,"words":[1,2]}}""";

    [Fact]
    public void The_CPU_reads_what_it_has_written_until_it_discards_or_unmaps_it() => Meets(
        """{"event":"cpu_read","addr":"0x7f0000000000","size":1,"expect":{"errno":"EFAULT"}}""",
        Map,
        """{"event":"cpu_read","addr":"0x7f0000000000","size":"0x2000","expect":{"pattern":"00"}}""",
        Write,
        ReadBack,
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":4,"expect":{"bytes":"01 00 00 00"}}""",
        """{"event":"cpu_write","addr":"0x7f0000001ffd","pattern":"abcd","size":7}""",
        """{"event":"cpu_read","addr":"0x7f0000001ffd","size":7,"expect":{"pattern":"abcd"}}""",
        """{"event":"discard","addr":"0x7f0000001000","size":"0x1000"}""",
        """{"event":"cpu_read","addr":"0x7f0000001000","size":8,"expect":{"words":[0]}}""",
        """{"event":"munmap","addr":"0x7f0000000000","size":"0x200000"}""",
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":4,"expect":{"errno":"EFAULT"}}""");

    [Fact]
    public void Mappings_change_their_protection_size_and_place() => Meets(
        """{"event":"mmap","size":"0x1000","expect":{"values":[140737488351232]}}""",
        Map,
        Write,
        """{"event":"mprotect","addr":"0x7f0000000000","size":"0x200000","prot":"READ"}""",
        """{"event":"cpu_write","addr":"0x7f0000000000","bytes":"00","expect":{"errno":"EFAULT"}}""",
        """{"event":"mremap","addr":"0x7f0000000000","size":"0x200000","new_addr":"0x7e0000000000","new_size":"0x400000"}""",
        """{"event":"cpu_read","addr":"0x7e0000000ffc","size":16,"expect":{"words":[1,2]}}""",
        """{"event":"mremap","addr":"0x7e0000000000","size":"0x400000","new_size":"0x1000","expect":{"values":[138538465099776]}}""",
        """{"event":"cpu_read","addr":"0x7e0000001000","size":1,"expect":{"errno":"EFAULT"}}""",
        """{"event":"mprotect","addr":"0x7e0000001000","size":"0x1000","prot":"NONE","expect":{"errno":"ENOMEM"}}""");

    [Fact]
    public void Pages_move_out_of_their_mapping() => Meets(
        Map,
        Write,
        """{"event":"mremap","addr":"0x7f0000000000","size":"0x2000","new_addr":"0x7e0000000000","dontunmap":true}""",
        """{"event":"cpu_read","addr":"0x7e0000000ffc","size":16,"expect":{"words":[1,2]}}""",
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":16,"expect":{"words":[0,0]}}""",
        """{"event":"mremap","addr":"0x7e0000000000","size":"0x2000","dontunmap":true,"expect":{"errno":0}}""",
        """{"event":"mremap","addr":"0x7f0000000000","size":"0x2000","new_size":"0x1000","dontunmap":true,"expect":{"errno":"EINVAL"}}""",
        """{"event":"mremap","addr":"0x7f0000000000","size":"0x2000","may_move":false,"dontunmap":true,"expect":{"errno":"EINVAL"}}""");

    [Fact]
    public void Locked_pages_are_not_discarded() => Meets(
        Map,
        Write,
        """{"event":"mlock","addr":"0x7f0000000000","size":"0x2000","expect":{"errno":0}}""",
        """{"event":"discard","addr":"0x7f0000001000","size":"0x1000","expect":{"errno":"EINVAL"}}""",
        ReadBack,
        """{"event":"fork","as":"child"}""",
        """{"event":"discard","process":"child","addr":"0x7f0000001000","size":"0x1000","expect":{"errno":0}}""",
        """{"event":"munlock","addr":"0x7f0000000000","size":"0x200000","expect":{"errno":0}}""",
        """{"event":"discard","addr":"0x7f0000000000","size":"0x2000","expect":{"errno":0}}""",
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":16,"expect":{"words":[0,0]}}""",
        """{"event":"mlock","addr":"0x1000","size":"0x1000","expect":{"errno":"ENOMEM"}}""",
        """{"event":"munlock","addr":"0x1001","size":"0x1000","expect":{"errno":"EINVAL"}}""");

    /// <summary>A mirror loses what has moved away, and finds the empty place that is left; what is locked comes back from the
    /// device.</summary>
    [Fact]
    public void Mirrors_follow_pages_that_move_out_of_their_mapping_and_pages_that_are_locked()
    {
        const string read = """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000ffc","size":8,"expect":{"words":[1]}}""";
        const string write = """{"event":"gpu_write","vm_id":"vm","addr":"0x7f0000000ffc","words":[1]}""";
        const string there = """{"start":"0x7f0000000000","end":"0x7f0000200000","binding":"bound","memory":"vram","tile":0}""";
        Meets(
            CreateVm, Mirror, Map, Touch, write,
            read[..^2] + ""","ranges":[""" + there + "]}}",
            """{"event":"mlock","addr":"0x7f0000000000","size":"0x200000"}""",
            """{"event":"collect_garbage","vm_id":"vm","expect":{"ranges":[""" +
            there.Replace("\"bound\"", "\"invalidated\"", StringComparison.Ordinal).Replace(
                "\"vram\",\"tile\":0", "\"system\"", StringComparison.Ordinal) + "]}}",
            read,
            """{"event":"mremap","addr":"0x7f0000000000","size":"0x200000","new_addr":"0x7f0000200000","dontunmap":true}""",
            read.Replace("[1]", "[0]", StringComparison.Ordinal),
            read.Replace("0x7f0000000ffc", "0x7f0000200ffc", StringComparison.Ordinal));
    }

    [Fact]
    public void A_child_has_the_memory_of_its_birth_and_files_are_shared() => Meets(
        """{"event":"file","as":"data","size":"0x2000"}""",
        """{"event":"mmap","addr":"0x10000000","size":"0x2000","kind":"shared","file":"data"}""",
        """{"event":"mmap","addr":"0x20000000","size":"0x1000","kind":"file","file":"data","offset":"0x1000"}""",
        Map,
        Write,
        """{"event":"fork","as":"child"}""",
        """{"event":"cpu_write","process":"child","addr":"0x7f0000000ffc","words":[7]}""",
        """{"event":"cpu_write","process":"child","addr":"0x10001000","words":[9]}""",
        ReadBack,
        """{"event":"cpu_read","addr":"0x20000000","size":8,"expect":{"words":[9]}}""",
        """{"event":"cpu_read","process":"child","addr":"0x7f0000000ffc","size":8,"expect":{"words":[7]}}""",
        """{"event":"exit","process":"child"}""",
        ReadBack,
        """{"event":"exit"}""",
        """{"event":"cpu_read","addr":"0x7f0000000ffc","size":8,"expect":{"errno":"EFAULT"}}""");

    [Theory]
    [InlineData(CreateVm, Mirror, Map)]
    [InlineData(Map, CreateVm, Mirror)]
    public void Mirrors_show_the_process_whenever_it_begins(params string[] begin)
    {
        using TempFile trace = TempFile.Trace([.. begin, Write, Touch, Prefetch, ReadBack]);
        JsonElement run = CliRun.Json("run", trace.Path, "--expect");
        JsonElement prefetched = run.GetProperty("calls")[5].GetProperty("svm").GetProperty("migrations")[0];
        Assert.Equal(("to", 2 << 20), (prefetched.GetProperty("direction").GetString(), prefetched.GetProperty("bytes").GetInt32()));
        JsonElement read = run.GetProperty("calls")[6];
        Assert.Equal("01000000000000000200000000000000", read.GetProperty("bytes").GetString());
        Assert.Equal("from", read.GetProperty("svm").GetProperty("migrations")[0].GetProperty("direction").GetString());
        JsonElement range = Assert.Single(run.GetProperty("vms")[0].GetProperty("mirrors").GetProperty("ranges").EnumerateArray());
        Assert.Equal(
            ("0x7f0000000000", "invalidated", "system"),
            (range.GetProperty("start").GetString(), range.GetProperty("binding").GetString(),
                range.GetProperty("pages")[0].GetProperty("memory").GetString()));
        Assert.Single(run.GetProperty("vms")[0].GetProperty("mirrors").GetProperty("notifiers").EnumerateArray());
        JsonElement statistics = run.GetProperty("devices")[0].GetProperty("gts")[0].GetProperty("statistics");
        Assert.Equal(
            (2048, 2048, 1),
            (statistics.GetProperty("svm_device_copy_kb").GetInt32(), statistics.GetProperty("svm_cpu_copy_kb").GetInt32(),
                statistics.GetProperty("svm_tlb_inval_count").GetInt32()));
    }

    [Fact]
    public void Pinned_pages_do_not_migrate()
    {
        using TempFile trace = TempFile.Trace(
            CreateVm, Mirror, Map, Touch, """{"event":"cpu_pin","addr":"0x7f0000000000","size":"0x200000"}""", Prefetch);
        Assert.Empty(CliRun.Json("run", trace.Path).GetProperty("devices")[0].GetProperty("migrations").EnumerateArray());
    }

    [Fact]
    [Rule("UPTR-020")]
    public void Userptrs_are_of_the_process_and_lose_their_entries_with_its_memory()
    {
        const string bind =
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP_USERPTR","userptr":"0x7f0000000000","addr":"0x40000000",""" +
            """ "range":"0x2000","pat_index":2,"flags":"IMMEDIATE"}]}""";
        const string unmap = """{"event":"munmap","addr":"0x7f0000000000","size":"0x1000"}""";
        const string expectEfault = ""","expect":{"errno":"EFAULT"}}""";
        Meets(CreateVm, Map, bind, unmap, """{"event":"fault","vm_id":"vm","addr":"0x40000000" """ + expectEfault);
        Meets(CreateVm, Map, unmap, bind[..^1] + expectEfault);
        using TempFile trace = TempFile.Trace(CreateVm, Map, bind, unmap);
        Assert.Contains("invalidated", CliRun.Of("run", trace.Path).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fault_on_a_mirror_is_serviced_as_any_access_there()
    {
        const string fault = """{"event":"fault","vm_id":"vm","addr":"0x7f0000001000","expect":{"errno":0}}""";
        Meets(CreateVm, Mirror, Map, Touch, fault, fault, """{"event":"fault","vm_id":"vm","addr":"0x1000","expect":{"errno":"ENOENT"}}""");
        using TempFile trace = TempFile.Trace(CreateVm, Mirror, Map, Touch, fault);
        Assert.Single(CliRun.Json("run", trace.Path).GetProperty("devices")[0].GetProperty("migrations").EnumerateArray());
    }

    [Fact]
    public void Ioctls_read_and_write_the_memory_of_the_process()
    {
        const string bind =
            """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"NULL","addr":"0x40000000","range":"0x1000"}],""" +
            """ "syncs":[{"type":"USER_FENCE","flags":"SIGNAL","addr":"0x7f0000000000","timeline_value":77}]}""";
        Meets(
            CreateVm, Map, bind,
            """{"event":"cpu_read","addr":"0x7f0000000000","size":8,"expect":{"words":[77]}}""",
            """{"event":"mprotect","addr":"0x7f0000000000","size":"0x1000","prot":"NONE"}""",
            bind[..^1] + ""","expect":{"errno":"EFAULT"}}""");
    }

    [Theory]
    [InlineData("""{"event":"cpu_map","addr":"0x70000000","runs":[["0x30000000","0x2000"]]}""", Map, "cpu_map")]
    [InlineData(Map, """{"event":"cpu_map","addr":"0x70000000","runs":[["0x30000000","0x2000"]]}""", "mmap")]
    [InlineData(Map, """{"event":"user_memory","addr":"0x7f0000001000","words":[1]}""", "cpu_write writes to it")]
    [InlineData(Map, """{"event":"cpu_read","process":"nobody","addr":0,"size":1}""", "there is no process \"nobody\"")]
    [InlineData(Map, """{"event":"mmap","size":4096,"kind":"file","file":"none"}""", "there is no file \"none\"")]
    [InlineData(Map, """{"event":"mmap","size":4096,"kind":"cloud"}""", "'kind': \"cloud\" is none of anonymous, file")]
    [InlineData(Map, """{"event":"mmap","size":4096,"prot":"READ|EXEC"}""", "'prot': \"EXEC\" is none of NONE, READ, WRITE")]
    [InlineData(Map, """{"event":"cpu_read","addr":0,"size":"0x1000001"}""", "'size': \"0x1000001\" is more than 16777216")]
    [InlineData(Map, """{"event":"cpu_write","addr":0,"bytes":"0"}""", "'bytes': \"0\" is not pairs of hexadecimal digits")]
    [InlineData(Map, """{"event":"cpu_write","addr":0,"bytes":"00","words":[1]}""", "one of 'bytes', 'words' and 'pattern'")]
    [InlineData(Map, """{"event":"cpu_write","addr":0,"pattern":"","size":1}""", "'pattern': it has no bytes")]
    [InlineData("""{"event":"fork","as":"a"}""", """{"event":"fork","as":"a"}""", "there is a process \"a\" already")]
    [InlineData("""{"event":"exit"}""", """{"event":"exit"}""", "the process has exited already")]
    public void A_wrong_event_is_an_error_of_the_trace(string before, string record, string message)
    {
        using TempFile trace = TempFile.Trace(before, record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    [Theory]
    [InlineData("""{"event":"cpu_touch","addr":"0x100000000000","size":"0x600000000000","write":true}""", "512 MiB of CPU memory")]
    [InlineData("""{"event":"cpu_touch","addr":"0x100000000000","size":"0x600000000000","huge":true}""", "512 MiB of CPU memory")]
    [InlineData("""{"event":"mlock","addr":"0x100000000000","size":"0x600000000000"}""", "512 MiB of CPU memory")]
    [InlineData(
        """{"ioctl":"VM_BIND","vm_id":1,"binds":[{"op":"PREFETCH","addr":"0x100000000000","range":"0x600000000000"}]}""",
        "a prefetch of more than 1 TiB of mapped memory")]
    public void A_trace_that_would_take_all_memory_is_refused(string record, string message)
    {
        using TempFile trace = TempFile.Trace(
            CreateVm, Mirror, """{"event":"mmap","addr":"0x100000000000","size":"0x600000000000"}""", record);
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:5: ");
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    [Fact]
    public void So_is_one_with_endless_children()
    {
        string[] forks = [.. Enumerable.Range(0, 3000).Select(i => $$"""{"event":"fork","as":"child{{i}}"}""")];
        string[] places = [.. Enumerable.Range(0, 500)
            .Select(i => $$"""{"event":"cpu_touch","addr":"0x{{0x1000_0000_0000 + ((ulong)i << 21):x}}","size":4096}""")];
        using TempFile trace = TempFile.Trace(
            ["""{"event":"mmap","addr":"0x100000000000","size":"0x40000000"}""", .. places, .. forks]);
        CliRun.Of("run", trace.Path).IsBadInput("the processes have more than 131072 page tables");
    }

    [Fact]
    public void An_expectation_of_bytes_is_checked()
    {
        using TempFile trace = TempFile.Trace(
            Map, Write, ReadBack.Replace("[1,2]", "[1,3]", StringComparison.Ordinal),
            """{"event":"cpu_read","addr":0,"size":8,"expect":{"pattern":"00"}}""");
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(
            "line 4: cpu_read: expected bytes 03 00 00 00 00 00 00 00 from byte 8 on, got 02 00 00 00 00 00 00 00\n", run.Out,
            StringComparison.Ordinal);
        Assert.Contains("line 5: cpu_read: expected bytes, got -EFAULT\n", run.Out, StringComparison.Ordinal);
        using TempFile none = TempFile.Trace("""{"event":"mmap","size":4096,"expect":{"bytes":"00"}}""");
        CliRun.Of("run", none.Path, "--expect").IsBadInput("the record reads no bytes");
    }

    private static void Meets(params string[] records)
    {
        using TempFile trace = TempFile.Trace(records);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.Equal("", run.Error);
        Assert.True(run.ExitCode == 0, run.Out);
    }
}
