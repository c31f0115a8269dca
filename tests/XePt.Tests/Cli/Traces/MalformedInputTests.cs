using System.IO.Compression;
using System.Text;
using XePt.Cli;
using XePt.Cli.Input;
using XePt.Cli.Traces;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Cli;

/// <summary>Bad input gives one line with file and line number, and exit code 2.</summary>
public class MalformedInputTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE"}""";

    [Theory]
    [InlineData("", "the trace is empty")]
    [InlineData("{", "the JSON ends too early, at column 2")]
    [InlineData("[]", "not a trace")]
    [InlineData("VM_CREATE", "bad JSON at column 1; each line of a trace is an object in braces, or a comment behind # or //")]
    [InlineData("""{"xept":"run"}""", "not a trace")]
    [InlineData("""{"xetrace":2,"platform":"bmg"}""", "trace format version 2 is unknown")]
    [InlineData("""{"xetrace":1}""", "'platform' is missing")]
    [InlineData("""{"xetrace":1,"platform":"i915"}""", "unknown platform \"i915\"; known are tgl,")]
    [InlineData("""{"xetrace":1,"platform":"bmg","profile":"X"}""", "unknown profile \"X\"")]
    [InlineData("""{"xetrace":1,"platform":"bmg","options":{"svm":1}}""", "'svm': 1 is not true or false")]
    [InlineData("""{"xetrace":1,"platform":"bmg","options":{"visible_vram":4097}}""", "'visible_vram': not a number of 4 KiB pages")]
    [InlineData("""{"xetrace":1,"platform":"bmg","color":"red"}""", "unknown field 'color'")]
    public void A_bad_header_is_an_error_on_line_1(string header, string message)
    {
        using TempFile trace = TempFile.Lines(header);
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:1: ");
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    /// <summary>Each list alone may be that long; the records after the one that is too much are not played.</summary>
    [Fact]
    public void All_run_lists_of_a_trace_have_a_limit_together()
    {
        string first = """{"event":"cpu_map","addr":0,"runs":[["0x1000","0x1000",2097152,"0x1000"]]}""";
        string second = first.Replace("\"addr\":0", "\"addr\":\"0x1000000000\"", StringComparison.Ordinal),
            third = """{"event":"cpu_replace","addr":0,"runs":[["0x1000","0x1000"]]}""";
        using TempFile good = TempFile.Trace(first, second), bad = TempFile.Trace(first, second, third);
        Assert.Equal(0, CliRun.Of("run", good.Path).ExitCode);
        CliRun.Of("run", bad.Path).IsBadInput($"{bad.Path}:4: 'runs': more than 4194304 chunks in this trace so far");
    }

    [Fact]
    public void The_page_tables_of_a_trace_have_a_limit()
    {
        using var gpu = new TestGpu("bmg");
        gpu.Run(BindOps.MapNull(0, 1UL << 40, pat: 2));
        TraceLimits.Check(gpu.Device);
        long held = gpu.Device.Memory.Pools.Sum(pool => pool.HeldBytes);
        TraceLimits.Check(gpu.Device, held);
        Assert.Contains("page tables take more than",
            Assert.Throws<MalformedRecordException>(() => TraceLimits.Check(gpu.Device, held - 1)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "the JSON ends too early, at column 2")]
    [InlineData("""{"ioctl":"VM_CRE""", "the JSON ends too early, at column 17")]
    [InlineData("VM_BIND vm=1", "bad JSON at column 1; each line of a trace is an object in braces, or a comment behind # or //")]
    [InlineData("""{"ioctl":"VM_CREATE"}}""", "bad JSON at column 22")]
    [InlineData("""{"event":"fault","vm_id":1,"addr":0x7f00}""", "bad JSON at column 36; hexadecimal numbers are strings: \"0x7f00\"")]
    [InlineData("""{"event":"fault","vm_id":1,"addr":7f00}""", "; hexadecimal numbers are strings: \"0x7f00\"")]
    [InlineData("""{"event":"fault","vm_id":1,"addr":"7f00"}""",
        "'addr': \"7f00\" is not an unsigned number of up to 64 bits; hexadecimal numbers begin with 0x")]
    [InlineData("""{"comment":7}""", "'comment': 7 is not a string")]
    [InlineData("7", "7 is not an object")]
    [InlineData("""{"ioctl":"VM_CREATE","as":"1vm"}""", "'as': \"1vm\" is no name: a letter, then letters, digits, '_', '-' and '.'")]
    [InlineData("""{"ioctl":"GEM_CREATE","as":""}""", "'as': \"\" is no name")]
    [InlineData("""{"ioctl":"SYNCOBJ_CREATE","as":"a b"}""", "'as': \"a b\" is no name")]
    [InlineData("""{"ioctl":"EXEC_QUEUE_CREATE","instances":[],"as":"-q"}""", "'as': \"-q\" is no name")]
    [InlineData("""{"event":"inject","point":"None"}""", "'point': unknown \"None\"; known are OpsCreate,")]
    [InlineData("{}", "a record has an \"ioctl\" or an \"event\"")]
    [InlineData("""{"ioctl":"FLY"}""", "unknown ioctl \"FLY\"; known are DEVICE_QUERY, EXEC, EXEC_QUEUE_CREATE,")]
    [InlineData("""{"event":"reset"}""", "unknown event \"reset\"; known are advance, bo_evict, bo_move, bo_pin, bo_runs,")]
    [InlineData("""{"ioctl":"VM_CREATE","flag":1}""", "unknown field 'flag'")]
    [InlineData("""{"ioctl":"VM_CREATE","flags":1,"flags":2}""", "'flags' is there twice")]
    [InlineData("""{"ioctl":"VM_CREATE","flags":"LR_MODE|FAST"}""", "'flags': unknown name or number in \"LR_MODE|FAST\"")]
    [InlineData("""{"ioctl":"VM_CREATE","flags":"0x100000000"}""", "'flags': unknown name or number")]
    [InlineData("""{"ioctl":"VM_CREATE","flags":4294967296}""", "'flags': 4294967296 does not fit in 32 bits")]
    [InlineData("""{"ioctl":"VM_CREATE","reserved":[1,2,3]}""", "'reserved': 3 elements do not make 16 bytes")]
    [InlineData("""{"ioctl":"VM_CREATE","reserved":1}""", "'reserved': 1 is not an array")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"MAP","range":"0x10000000000000000"}]}""",
        "'range': \"0x10000000000000000\" is not an unsigned number of up to 64 bits")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"MAP","range":18446744073709551616}]}""",
        "'range': 18446744073709551616 is not an unsigned number")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"MAP","range":1.5}]}""", "'range': 1.5 is not an unsigned number")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"MAP","range":-1}]}""", null)]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"REMAP"}]}""", "'op': unknown name or number in \"REMAP\"")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"userptr":1,"obj_offset":2}]}""", "'userptr' and 'obj_offset' are the same bytes")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"length":1}]}""", "binds[0]: unknown field 'length'")]
    [InlineData("""{"ioctl":"VM_BIND","binds":{}}""", "'binds': {} is not an array")]
    [InlineData("""{"ioctl":"VM_BIND","vm_id":"vm"}""", "no record before this one is called \"vm\"")]
    [InlineData("""{"ioctl":"GEM_CLOSE"}""", "'handle' is missing")]
    [InlineData("""{"event":"fault","vm_id":9,"addr":0}""", "there is no VM 9")]
    [InlineData("""{"event":"cpu_map","addr":1,"runs":[["0x1000","0x1000"]]}""", "'addr': 0x1 is not a multiple of 0x1000")]
    [InlineData("""{"event":"cpu_map","addr":"0xffffffffffffe000","runs":[["0x1000","0x2000"]]}""",
        "'addr': 0x2000 bytes from 0xffffffffffffe000 on do not end below 2^64")]
    [InlineData("""{"event":"cpu_map","addr":0,"runs":[["0x1000","0x1000",4194305,0]]}""", "is more than 4194304")]
    [InlineData("""{"event":"cpu_map","addr":0,"runs":[["0x1000","0x10"]]}""", "is not made of 4 KiB pages")]
    [InlineData("""{"event":"cpu_map","addr":0,"runs":[["0xfffffffffffff000","0x2000"]]}""", "ends beyond 64 bits")]
    [InlineData("""{"event":"cpu_map","addr":0,"runs":[]}""", "at least one run is needed")]
    [InlineData("""{"event":"cpu_map","addr":0,"runs":[["0x400000000000","0x1000"]]}""", "'runs': beyond the 46 bits of a DMA address")]
    [InlineData("""{"event":"range_bind","vm_id":1,"start":0,"end":"0x1000","mem":"vram","runs":[["0x3ffffffff000","0x1000"]]}""", null)]
    [InlineData("""{"event":"range_bind","vm_id":1,"start":0,"end":"0x1000","mem":"vram","runs":[["0x400000000000","0x1000"]]}""",
        "'runs': beyond the 46 bits")]
    [InlineData("""{"event":"cpu_unmap","addr":0}""", "no CPU memory begins at 0x0")]
    [InlineData("""{"event":"bo_runs","obj":1,"region":0,"runs":[["0x1000","0x1000"]]}""", "there is no BO with handle 1")]
    [InlineData("""{"event":"range_bind","vm_id":1,"start":0,"end":"0x1000","mem":"disk","runs":[]}""", "'mem': \"disk\" is neither")]
    [InlineData("""{"event":"range_bind","vm_id":1,"start":0,"end":"0x2000","mem":"vram","runs":[["0x1000","0x1000"]]}""",
        "'runs': they do not add up to the range")]
    [InlineData("""{"event":"range_zap","vm_id":1,"start":"0x2000","end":"0x1000"}""", "'start' and 'end' do not enclose 4 KiB pages")]
    [InlineData("""{"event":"inject","point":"Reboot"}""", "'point': unknown \"Reboot\"")]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"errno":22}}""", "'errno': 22 is not an errno")]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"errno":"EWHAT"}}""", "'errno': \"EWHAT\" is not an errno")]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"result":0}}""", "unknown field 'result'")]
    [InlineData("""{"ioctl":"VM_CRATE"}""", "unknown ioctl \"VM_CRATE\"; did you mean 'VM_CREATE'?; known are DEVICE_QUERY")]
    [InlineData("""{"event":"falt"}""", "unknown event \"falt\"; did you mean 'fault'?")]
    [InlineData("""{"event":"inject","point":"Lok"}""", "'point': unknown \"Lok\"; did you mean 'Lock'?")]
    [InlineData("""{"ioctl":"VM_CREATE","flgs":0}""", "unknown field 'flgs'; did you mean 'flags'?")]
    [InlineData("""{"ioctl":"VM_CREATE","flags":"SCRATCH_PAGE|LR_MODDE"}""", "\"SCRATCH_PAGE|LR_MODDE\"; did you mean 'LR_MODE'?")]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"erno":0}}""", "unknown field 'erno'; did you mean 'errno'?")]
    [InlineData("""{"ioctl":"VM_BIND","vm_id":1,"binds":[{"pat_idx":1}]}""", "unknown field 'pat_idx'; did you mean 'pat_index'?")]
    [InlineData("""{"ioctl":"VM_BIND","vm_id":1,"binds":[{"flags":"IMEDIATE"}]}""", "\"IMEDIATE\"; did you mean 'IMMEDIATE'?")]
    public void A_bad_record_is_an_error_on_its_line(string record, string? message)
    {
        using TempFile trace = TempFile.Trace(CreateVm, "", record);
        CliRun run = CliRun.Of("run", trace.Path);
        if (message is null)
        {
            Assert.Equal(0, run.ExitCode);
            return;
        }

        run.IsBadInput($"{trace.Path}:4: ");
        run.IsBadInput(message);
    }

    [Fact]
    public void A_name_of_one_kind_is_no_handle_of_another()
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE","as":"vm"}""", """{"ioctl":"GEM_CLOSE","handle":"vm"}""");
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:3: \"vm\" is a VM, not a BO");
    }

    /// <summary>The nearest name of the kind that is wanted: a syncobj would not do.</summary>
    [Fact]
    public void A_mistyped_name_of_a_handle_gets_the_nearest_one()
    {
        using TempFile trace = TempFile.Trace(
            """{"ioctl":"VM_CREATE","as":"compute"}""", """{"ioctl":"SYNCOBJ_CREATE","as":"computes"}""",
            """{"ioctl":"VM_DESTROY","vm_id":"conputes"}""");
        CliRun.Of("run", trace.Path).IsBadInput("no record before this one is called \"conputes\"; did you mean 'compute'?");
    }

    [Fact]
    public void An_event_that_does_not_fit_its_bo_is_an_error()
    {
        const string create = """{"ioctl":"GEM_CREATE","size":"0x2000","placement":1,"cpu_caching":"WC"}""";
        using TempFile small = TempFile.Trace(create, """{"event":"bo_runs","obj":1,"region":0,"runs":[["0x1000","0x1000"]]}""");
        CliRun.Of("run", small.Path).IsBadInput("'runs': they hold 0x1000 bytes, the BO 0x2000");
        using TempFile misplaced = TempFile.Trace(create, """{"event":"bo_runs","obj":1,"region":1,"runs":[["0x1000","0x2000"]]}""");
        CliRun.Of("run", misplaced.Path).IsBadInput("'region': the BO may not live in region 1");
        using TempFile distant = TempFile.Trace(
            create, """{"event":"bo_runs","obj":1,"region":0,"runs":[["0x3ffffffff000","0x1000",2,"0x1000"]]}""");
        CliRun.Of("run", distant.Path).IsBadInput("'runs': beyond the 46 bits of a DMA address");
    }

    /// <summary>What stands for <c>?</c> is no text, wherever it is.</summary>
    [Theory]
    [InlineData("""{"xetrace":1,"platform":"?"}""", 1)]
    [InlineData("""{"xetrace":1,"platform":"bmg","comment":"?"}""", 1)]
    [InlineData("""{"xetrace":1,"platform":"bmg","?":0}""", 1)]
    [InlineData("""{"ioctl":"?"}""", 2)]
    [InlineData("""{"event":"?"}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","comment":"?"}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","?":1}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","as":"?"}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","flags":"?"}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","flags":["?"]}""", 2)]
    [InlineData("""{"ioctl":"VM_DESTROY","vm_id":"?"}""", 2)]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":"?"}]}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"errno":"?"}}""", 2)]
    [InlineData("""{"ioctl":"VM_CREATE","expect":{"digest":"?"}}""", 2)]
    public void Bad_utf8_and_half_a_surrogate_pair_are_errors_of_their_line(string text, int line)
    {
        string[] lines = line == 1 ? [text] : [TempFile.Header, text];
        foreach ((byte[] bad, string message) in ((byte[], string)[])[
            ([0xff], "bad UTF-8 at column "), ([.. "\\ud800"u8], "half a surrogate pair in the string at column ")])
        {
            using var file = new TempFile(
                [.. lines.SelectMany(each => Encoding.ASCII.GetBytes(each + "\n").SelectMany(b => b == '?' ? bad : [b]))]);
            CliRun.Of("run", file.Path).IsBadInput($"{file.Path}:{line}: {message}");
            CliRun.Of("explain", file.Path).IsBadInput($"{file.Path}:{line}: {message}");
            CliRun.Of("diff", CliRun.Sample("mistakes.xetrace"), file.Path).IsBadInput($"{file.Path}:{line}: {message}");
        }
    }

    [Theory]
    [InlineData("\\ud800", "half a surrogate pair in the string at column 15")]
    [InlineData("\xff", "bad UTF-8 at column 16")]
    public void A_dump_with_a_string_that_is_no_text_is_an_error_of_its_line(string bad, string message)
    {
        byte[] dump = Encoding.Latin1.GetBytes($"{{\n  \"xept\": \"dump\",\n  \"platform\": \"{bad}\"\n}}\n");
        using var file = new TempFile(dump);
        CliRun.Of("diff", CliRun.Sample("mistakes.xetrace"), file.Path).IsBadInput($"{file.Path}:3: {message}");
    }

    [Theory]
    [InlineData("""{"op":"\ud800"}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"ioctl":"VM_CREATE","comment":"\ud800"}""")]
    public void An_op_with_half_a_surrogate_pair_is_an_error(string op) =>
        CliRun.Of("explain", "--op", op).IsBadInput("--op: half a surrogate pair in the string");

    [Theory]
    [InlineData("""{"op":"MAP","op":"MAP"}""", "'op' is there twice")]
    [InlineData("""{"ioctl":"VM_BIND","binds":[{"op":0,"op":1}]}""", "'op' is there twice")]
    [InlineData("[]", "\"[]\" is not field=value")]
    public void An_op_that_says_things_twice_is_an_error(string op, string message) => CliRun.Of("explain", "--op", op).IsBadInput(message);

    [Fact]
    public void Surrogate_pairs_and_other_text_are_read()
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE","comment":"\ud83d\ude00 \u00e9 \ue000 \\ud800"}""");
        Assert.Equal((0, ""), CliRun.Of("run", trace.Path) is var run ? (run.ExitCode, run.Error) : default);
    }

    [Fact]
    public void A_line_of_100_MB_is_an_error_and_is_not_read_to_its_end()
    {
        byte[] content = new byte[100_000_000];
        content.AsSpan().Fill((byte)' ');
        Encoding.UTF8.GetBytes(TempFile.Header + "\n").CopyTo(content, 0);
        using var trace = new TempFile(content);
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:2: the line is longer than 64 MiB");
    }

    [Theory]
    [InlineData(12)]
    [InlineData(200)]
    [InlineData(-1)]
    [InlineData(-8)]
    public void Gzip_data_that_is_cut_off_is_an_error(int length)
    {
        byte[] whole = Gzip(string.Join('\n', Enumerable.Range(0, 500).Select(
            i => $$"""{"event":"inject","point":"Run","comment":"{{i * 7919}}"}""").Prepend(TempFile.Header)));
        using var trace = new TempFile(whole[..(length > 0 ? length : whole.Length + length)]);
        CliRun run = CliRun.Of("run", trace.Path);
        run.IsBadInput($"{trace.Path}:");
        run.IsBadInput("the gzip data is cut off");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(100_000)]
    public void What_follows_gzip_data_is_an_error(int length)
    {
        byte[] garbage = new byte[length];
        new Random(length).NextBytes(garbage);
        using var trace = new TempFile([.. Gzip(TempFile.Header + "\n"), .. garbage]);
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:2: something follows the gzip data");
    }

    [Theory]
    [InlineData(2, 9)]
    [InlineData(3, 0xff)]
    [InlineData(10, 0xff)]
    [InlineData(-8, 0xff)]
    [InlineData(-1, 0xff)]
    public void Damaged_gzip_data_is_an_error(int at, byte value)
    {
        byte[] whole = Gzip(TempFile.Header);
        whole[at < 0 ? whole.Length + at : at] ^= value;
        using var trace = new TempFile(whole);
        CliRun.Of("run", trace.Path).IsBadInput($"{trace.Path}:1: the gzip data is damaged");
    }

    [Fact]
    public void Gzip_data_of_many_members_is_read_to_the_end()
    {
        // With all that a header may have, an empty member, and a line over two members.
        byte[] named = [0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3, 2, 0, 7, 7, (byte)'n', 0, (byte)'c', 0, 5, 5, .. Gzip("\n").AsSpan(10)];
        byte[] first = Gzip(TempFile.Header + "\n" + CreateVm[..9]), second = Gzip(CreateVm[9..]);
        using var trace = new TempFile([.. first, .. second, .. Gzip(""), .. named, .. Gzip(CreateVm)]);
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("     3  VM_CREATE", run.Out, StringComparison.Ordinal);

        using var cut = new TempFile([.. first, .. second[..^1]]);
        CliRun.Of("run", cut.Path).IsBadInput("the gzip data is cut off");
    }

    [Fact]
    public void Gzip_data_and_a_byte_order_mark_are_read()
    {
        using var trace = new TempFile(Gzip($"\ufeff{TempFile.Header}\r\n{CreateVm}\r\n"));
        CliRun run = CliRun.Of("run", trace.Path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
    }

    [Fact]
    public void A_file_that_is_not_there_or_is_a_folder_is_an_error()
    {
        CliRun.Of("run", "/no/such.xetrace").IsBadInput("/no/such.xetrace: no such file");
        CliRun.Of("map", RepositoryPaths.Root).IsBadInput("is a folder, not a file");
    }

    [Theory]
    [InlineData("unknown platform \"x\"", "run", "t", "--platform", "x")]
    [InlineData("unknown profile \"x\"", "run", "t", "--profile", "x")]
    [InlineData("VA: \"x\" is not a hexadecimal number of up to 64 bits", "walk", "t", "x")]
    [InlineData("--stop-at: \"foo\" is not a number of at least 1", "run", "t", "--stop-at", "foo")]
    [InlineData("--stop-at: \"-1\" is not a number of at least 1", "map", "t", "--stop-at", "-1")]
    [InlineData("--stop-at: \"0\" is not a number of at least 1", "walk", "t", "0", "--stop-at", "0")]
    [InlineData("--level: \"x\" is not a number of at least 0", "pte", "0", "--platform", "bmg", "--level", "x")]
    [InlineData("--vm: \"x\" is not a number of at least 1", "walk", "t", "0", "--vm", "x")]
    [InlineData("--tile: \"-1\" is not a number of at least 0", "walk", "t", "0", "--tile", "-1")]
    [InlineData("--line: \"x\" is not a number of at least 1", "explain", "t", "--line", "x")]
    [InlineData("--jobs: \"0\" is not a number of at least 1", "verify", "t", "--jobs", "0")]
    [InlineData("--stop-at: \"99999999999\" is more than 2147483647", "run", "t", "--stop-at", "99999999999")]
    [InlineData("\"\": cannot be opened", "run", "")]
    [InlineData("--bo: record: unknown field 'cpu'", "explain", "--op", "op=MAP,obj=1", "--bo", "cpu=WB")]
    [InlineData("--dump: writes the end state of one trace, without --quiet (see xept run --help)", "run", "samples", "--dump", "x")]
    [InlineData(
        "--compact: only level-0 tables can be compact (see xept pte", "pte", "0", "--platform", "bmg", "--level", "1", "--compact")]
    [InlineData("--threads: \"1\" is not a whole number from 2 to 256", "stress", "--threads", "1")]
    [InlineData("--threads: \"257\" is not a whole number from 2 to 256", "stress", "--threads", "257")]
    [InlineData("--threads: \"100000\" is not a whole number from 2 to 256", "stress", "--threads", "100000")]
    [InlineData("'addr': addresses begin with 0x: 0x100000, if", "explain", "--op", "op=MAP,addr=100000")]
    [InlineData("'userptr': addresses begin with 0x: 0x7000, if", "explain", "--op", "op=MAP_USERPTR,userptr=7000")]
    [InlineData("'addr': addresses begin with 0x: 0x100000, if", "explain", "--op", """{"op":"MAP","addr":"100000"}""")]
    public void A_bad_command_line_is_one_line_too(string message, params string[] args) => CliRun.Of(args).IsBadInput(message);

    /// <summary>Whoever leaves something out does not know how the verb is used, but need not read pages for it.</summary>
    [Theory]
    [InlineData("run: TRACE is missing", "xept run TRACE... [options]", "run")]
    [InlineData("walk: VA is missing", "xept walk TRACE VA [options]", "walk", "t")]
    [InlineData("diff: B is missing", "xept diff A B [options]", "diff", "a")]
    [InlineData("pte: HEX is missing", "xept pte HEX --platform P --level L [options]", "pte", "--platform", "bmg", "--level", "0")]
    [InlineData("pte: --platform is missing", "  --platform P  The platform the entry is of.", "pte", "0", "--level", "0")]
    [InlineData("pte: --level is missing", "  --level L     Level of the table", "pte", "0", "--platform", "bmg")]
    [InlineData("pte: --platform: P is missing", "xept pte HEX --platform P", "pte", "0", "--level", "0", "--platform")]
    [InlineData("pte: unexpected argument '2'", "xept pte HEX --platform P", "pte", "1", "2", "--platform", "bmg", "--level", "0")]
    [InlineData("run: --junit: FILE is missing", "  --junit FILE  Write the result of each trace as JUnit XML", "run", "t", "--junit")]
    [InlineData("run: --color: WHEN is missing", "  --color WHEN  Colours: auto", "run", "t", "--color")]
    [InlineData("explain: TRACE or --op is missing", "xept explain --op FIELDS [options]\n", "explain")]
    [InlineData("explain: give either a trace or --op", "xept explain TRACE [options]\n", "explain", "t", "--op", "op=MAP")]
    [InlineData("import: LOG is missing; xept import --recorder prints what makes one", "xept import LOG [options]\n", "import")]
    [InlineData("exec: PROGRAM is missing", "xept exec [options] -- PROGRAM [ARGUMENTS]", "exec", "--explain")]
    [InlineData("stress: unexpected argument '5'", "xept stress --seconds 5", "stress", "5")]
    public void What_is_missing_or_too_much_is_said_below_the_usage_and_an_example(string message, string usage, params string[] args)
    {
        CliRun run = CliRun.Of(args);
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.StartsWith("usage\n", run.Error, StringComparison.Ordinal);
        Assert.Contains($"\n  {usage.TrimStart()}", run.Error, StringComparison.Ordinal);
        Assert.Contains($"\nexample\n  xept {args[0]} ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith($"\n\nxept {message} (see xept {args[0]} --help)\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run", "--json")]
    [InlineData("map")]
    [InlineData("explain")]
    public void Output_that_cannot_be_written_is_one_line(string verb, params string[] options)
    {
        using var error = new StringWriter();
        using var full = new FullDisk();
        Assert.Equal(2, XeptTool.Run([verb, CliRun.Sample("mistakes.xetrace"), .. options], full, error));
        Assert.Equal("xept: the output cannot be written: No space left on device\n", error.ToString().ReplaceLineEndings("\n"));
        // Nor does it help when the error output is full, too.
        Assert.Equal(2, XeptTool.Run([verb, CliRun.Sample("mistakes.xetrace"), .. options], full, full));
    }

    /// <summary>A shell closes an output with <c>&gt;&amp;-</c>.</summary>
    [Theory]
    [InlineData("uapi")]
    [InlineData("help")]
    [InlineData("flly")]
    [InlineData("run")]
    [InlineData("run", "T")]
    public void An_output_that_is_not_open_is_no_fault_of_the_tool(params string[] args)
    {
        using var closed = new FullDisk(new UnauthorizedAccessException("Access to the path is denied."));
        Assert.Equal(2, XeptTool.Run(args, closed, closed));
    }

    private sealed class FullDisk(Exception? failure = null) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw failure ?? new IOException("No space left on device");
    }

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return bytes.ToArray();
    }

    /// <summary>Digits in a string could be meant in either way; a JSON number is decimal.</summary>
    [Theory]
    [InlineData("addr", """{"event":"fault","vm_id":1,"addr":"@"}""")]
    [InlineData("addr", """{"ioctl":"VM_BIND","vm_id":1,"binds":[{"op":"MAP","flags":"NULL","addr":"@","range":"4096"}]}""")]
    [InlineData("userptr", """{"ioctl":"VM_BIND","vm_id":1,"binds":[{"op":"MAP_USERPTR","userptr":"@","range":"4096"}]}""")]
    [InlineData("addr", """{"ioctl":"EXEC","exec_queue_id":1,"syncs":[{"type":"USER_FENCE","addr":"@"}]}""")]
    [InlineData("address", """{"ioctl":"EXEC","exec_queue_id":1,"address":["@"]}""")]
    [InlineData("start", """{"event":"range_unbind","vm_id":1,"start":"@","end":"0x800000000000"}""")]
    [InlineData("start", """{"ioctl":"MADVISE","vm_id":1,"start":"@","range":"4096"}""")]
    [InlineData("new_addr", """{"event":"mremap","addr":"0x1000","size":4096,"new_addr":"@"}""")]
    [InlineData("runs", """{"event":"cpu_map","addr":"0x1000","runs":[["@","4096"]]}""")]
    [InlineData("ptr", """{"ioctl":"EXEC_QUEUE_CREATE","extensions":[{"property":"PRIORITY","ptr":"@"}]}""")]
    [InlineData("start", """{"ioctl":"VM_DESTROY","vm_id":1,"expect":{"vmas":[{"start":"@","end":"0x2000","kind":"null"}]}}""")]
    public void Digits_alone_in_the_place_of_an_address_are_not_taken_for_decimal_ones(string field, string record)
    {
        const string digits = "700000001000";
        using TempFile bare = TempFile.Trace(record.Replace("@", digits, StringComparison.Ordinal));
        CliRun.Of("map", bare.Path).IsBadInput($"'{field}': addresses begin with 0x: 0x{digits}, if that is not meant to be decimal");
        foreach (string good in new[] { $"\"0x{digits}\"", digits })
        {
            using TempFile trace = TempFile.Trace(record.Replace("\"@\"", good, StringComparison.Ordinal));
            Assert.DoesNotContain("addresses begin with", CliRun.Of("map", trace.Path).Error, StringComparison.Ordinal);
        }
    }

    /// <summary>Every field of 64 bits of the uAPI is known to be an address or not to be one.</summary>
    [Fact]
    public void No_address_of_the_uapi_is_forgotten()
    {
        string[] others =
        [
            "atomic", "atomic.reserved", "capabilities", "cpu_delta", "cpu_timestamp", "cpu_visible_size", "cpu_visible_used",
            "deadline_nsec", "dst_point", "eci", "engine_cycles", "far_mem_regions", "instance", "mask", "near_mem_regions",
            "num_engines", "num_sampling_rates", "oa_buf_size", "oa_status", "oa_timestamp_freq", "observation_op", "observation_type",
            "pat_index", "pat_index.reserved", "per_xecore_buf_size", "point", "preferred_mem_loc", "preferred_mem_loc.reserved", "range",
            "record_size", "reserved", "size", "sizeof_mem_range_attr", "src_point", "timeline_value", "timeout", "timeout_nsec",
            "total_size", "used", "value",
        ];
        string[] all = [.. UapiTable.Structs.SelectMany(known => known.Fields).Where(field => field.Size == sizeof(ulong))
            .Select(field => field.CName).Distinct()];
        Assert.Equal(others, all.Where(field => !AddressFields.Has(field)).Order(StringComparer.Ordinal));
    }
}
