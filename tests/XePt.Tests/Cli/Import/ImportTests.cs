using System.Buffers.Binary;
using System.Text.Json;
using XePt.Cli.Import;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Cli.Import;

/// <summary><c>xept import</c> on logs that the recorder and strace have made of <c>client.c</c> (see <c>record</c>), and on single
/// lines.</summary>
public class ImportTests
{
    private const string VmCreate = "1 ioctl(4<#1>, 0xc0206443, 0x7f00) = 0 in=" + Zeros32 + " out=" + Vm7;
    private const string Zeros32 = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string Vm7 = "0000000000000000000000000700000000000000000000000000000000000000";

    private static string Log(string name) => Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "Cli", "Import", name);

    [Fact]
    public void A_recorded_log_becomes_a_trace_that_runs_as_recorded()
    {
        CliRun import = CliRun.Of("import", Log("recorded.log"));
        Assert.Equal(0, import.ExitCode);
        Assert.Equal(["13 records of 1 client", "left out: 1 x request 0xc010640c"], import.Error.TrimEnd().Split(Environment.NewLine));
        string[] lines = import.Out.TrimEnd().Split(Environment.NewLine);
        Assert.Equal("""{"xetrace":1,"platform":"bmg","privileged":true,"comment":"imported from a log of calls"}""", lines[0]);
        Assert.Equal("""{"ioctl":"DEVICE_QUERY","query":"CONFIG","expect":{"errno":0}}""", lines[1]);
        Assert.Equal("""{"ioctl":"VM_CREATE","flags":"SCRATCH_PAGE","as":"vm7","expect":{"errno":0}}""", lines[2]);
        Assert.Contains(
            """{"ioctl":"EXEC","exec_queue_id":"queue16","num_batch_buffer":1,"syncs":[{"handle":"syncobj13"}],"address":"0x100000000",""" +
            "\"expect\":{\"errno\":0}}",
            lines);
        Assert.Contains("""{"ioctl":"SYNCOBJ_WAIT","handles":["syncobj13"]}""", lines);
        Assert.Contains(lines, line => line.Contains("\"op\":\"MAP_USERPTR\"") && line.Contains("\"flags\":\"NULL\""));
        Assert.Contains(
            lines, line => line.Contains("\"addr\":\"0x100000800\"") && line.EndsWith("{\"errno\":\"EINVAL\"}}", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("""{"event":"cpu_unmap",""", StringComparison.Ordinal));

        using TempFile trace = TempFile.Lines(import.Out);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out);
    }

    [Theory, InlineData("strace.log", 5), InlineData("strace-raw.log", 1)]
    public void What_strace_itself_writes_is_refused_with_the_way_to_go(string name, int line) =>
        CliRun.Of("import", Log(name)).IsBadInput(
            $"{Log(name)}:{line}: the contents of the struct are missing: strace shows only the addresses of structs of this driver; "
            + "record with the library that xept import --recorder prints");

    [Fact]
    public void The_recorder_is_the_source_that_the_logs_were_made_with() => Assert.Equal(
        File.ReadAllText(Path.Combine(RepositoryPaths.Root, "samples", "Record", "xerecord.c")), CliRun.Of("import", "--recorder").Out);

    [Theory]
    [InlineData("1 ioctl(4<#1>, 0xc0206443, 0x7f00) = 0 in=00", "the struct of request 0xc0206443 is cut off")]
    [InlineData("1 ioctl(4<#1>, 0xc0206443, 0x7f00) = 0 in=" + Zeros32 + " out=000", "half a byte: the line is cut off")]
    [InlineData("1 ioctl(4<#1>, 0xc0206443, 0x7f00) = 0 in=" + Zeros32 + " out=00", "the struct of request 0xc0206443 is cut off")]
    public void A_damaged_line_is_named(string line, string message)
    {
        using TempFile log = TempFile.Lines(line);
        CliRun.Of("import", log.Path, "--platform", "lnl").IsBadInput($"{log.Path}:1: {message}");
    }

    [Fact]
    public void A_log_without_a_VM_or_a_platform_is_refused()
    {
        using TempFile empty = TempFile.Lines("nothing", "1 ioctl(1, TCGETS, 0x7f) = -1 ENOTTY (x)");
        CliRun.Of("import", empty.Path).IsBadInput($"{empty.Path}: no client asks anything of a device here");
        using TempFile nameless = TempFile.Lines(VmCreate);
        CliRun.Of("import", nameless.Path).IsBadInput(
            $"{nameless.Path}: the log does not say which platform it is of: choose one with --platform");
        CliRun.Of("import", nameless.Path, "--platform", "lnl", "--client", "2").IsBadInput(
            $"{nameless.Path}: clients that ask something of a device here: 1");
    }

    [Fact]
    public void Clients_are_kept_apart_and_calls_to_be_repeated_left_out()
    {
        string other = VmCreate.Replace("1 ioctl(4<#1>", "1 ioctl(5</dev/dri/renderD129#2>");
        string again = VmCreate.Replace(" = 0 ", " = -1 errno=4 ");
        using TempFile log = TempFile.Lines(again, VmCreate, other);
        CliRun first = CliRun.Of("import", log.Path, "--platform", "lnl", "--client", "1");
        Assert.Equal(0, first.ExitCode);
        Assert.Equal(2, first.Out.TrimEnd().Split(Environment.NewLine).Length);
        Assert.Contains("left out: 1 x VM_CREATE that was to be repeated", first.Error, StringComparison.Ordinal);
        Assert.Contains("client 1 of 2: all of them without --client", first.Error, StringComparison.Ordinal);
        Assert.Equal(first.Out, CliRun.Of("import", log.Path, "--platform", "lnl", "--client", "2").Out);
        Assert.Equal(5, CliRun.Of("import", log.Path, "--platform", "lnl").Out.TrimEnd().Split(Environment.NewLine).Length);
    }

    /// <summary>Two processes, two clients of one device and one of another; BOs, syncobjs and sync files from one to the other;
    /// descriptors that are copied, inherited and closed; advice, and a queue with properties.</summary>
    [Fact]
    public void Several_clients_become_one_trace_that_runs_as_recorded()
    {
        CliRun import = CliRun.Of("import", Log("several.log"));
        Assert.Equal(["22 records of 3 clients"], import.Error.TrimEnd().Split(Environment.NewLine));
        string[] lines = import.Out.TrimEnd().Split(Environment.NewLine);
        Assert.Equal(
            [
                """{"event":"open","as":"client2"}""",
                """{"event":"device","as":"zero","platform":"lnl"}""",
                """{"event":"open","as":"client3","device":"zero","privileged":true}""",
                """{"event":"close","client":"client3"}""",
                """{"event":"close","client":"client2"}""",
                """{"event":"close","fd":"fd1"}""",
            ],
            lines.Where(line => line.StartsWith("{\"event\"", StringComparison.Ordinal)));
        foreach (string call in (string[])[
            """{"ioctl":"PRIME_HANDLE_TO_FD","handle":"bo10","flags":"RDWR|CLOEXEC","as":"fd1","expect":{"errno":0}}""",
            """{"ioctl":"PRIME_FD_TO_HANDLE","client":"client3","fd":"fd1","as":"bo28","expect":{"errno":0}}""",
            """{"ioctl":"SYNCOBJ_FD_TO_HANDLE","client":"client2","arg_size":16,"fd":"fd2","as":"syncobj22","expect":{"errno":0}}""",
            """{"ioctl":"SYNCOBJ_FD_TO_HANDLE","client":"client2","arg_size":16,"handle":"syncobj22","flags":1,"fd":"fd3",""" +
                "\"expect\":{\"errno\":0}}",
            """{"ioctl":"MADVISE","range":"0x10000","vm_id":"vm7","type":"ATOMIC","atomic":{"val":"GLOBAL"},"expect":{"errno":0}}""",
            """{"ioctl":"VM_QUERY_MEM_RANGE_ATTRS","vm_id":"vm7","range":"0x10000","expect":{"errno":0}}""",
            """{"ioctl":"OBSERVATION","expect":{"errno":"ENODEV"}}"""])
            Assert.Contains(call, lines);
        Assert.Contains(lines, line => line.Contains("""{"name":"SET_PROPERTY","property":"TIMESLICE","value":"0x7d0"}"""));

        using TempFile trace = TempFile.Lines(import.Out);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }

    [Fact]
    public void A_descriptor_that_was_not_open_is_left_out()
    {
        using TempFile log = TempFile.Lines(VmCreate, VmCreate.Replace("(4<#1>", "(9<#2>").Replace(" = 0 ", " = -1 errno=9 "));
        CliRun run = CliRun.Of("import", log.Path, "--platform", "lnl");
        Assert.Contains("left out: 1 x request 0xc0206443 of a descriptor that was not open", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 record of 1 client", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_descriptor_from_elsewhere_is_left_out()
    {
        string import = $"1 ioctl(4<#1>, 0x{DrmIoctl.PrimeFdToHandle:x}, 0x7f00) = 0 in=000000000000000009000000";
        using TempFile log = TempFile.Lines(VmCreate, import);
        CliRun run = CliRun.Of("import", log.Path, "--platform", "lnl");
        Assert.Contains("left out: 1 x PRIME_FD_TO_HANDLE of a descriptor from elsewhere", run.Error, StringComparison.Ordinal);
    }

    /// <summary>What could not be read when the log was made cannot be read by a replay either.</summary>
    [Fact]
    public void Extensions_that_are_not_in_the_log_are_not_there()
    {
        var queue = new byte[48];
        BinaryPrimitives.WriteUInt64LittleEndian(queue, 0x10010);
        (queue[8], queue[10], queue[12]) = (1, 1, 7);
        BinaryPrimitives.WriteUInt64LittleEndian(queue.AsSpan(24), 0x20000);
        string line = $"1 ioctl(4<#1>, 0x{XeIoctl.ExecQueueCreate:x}, 0x7f00) = -1 errno=14 in={Hex(queue)} mem@0x20000=0100000000000000";
        using TempFile log = TempFile.Lines(VmCreate, line);
        CliRun import = CliRun.Of("import", log.Path, "--platform", "bmg");
        Assert.Contains("\"extensions\":\"0x10010\"", import.Out, StringComparison.Ordinal);
        using TempFile trace = TempFile.Lines(import.Out);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out);
    }

    /// <summary>The driver has not found the pages, so a replay must not either; the next call has them.</summary>
    [Fact]
    public void A_userptr_that_was_not_there_is_not_there()
    {
        var bind = new byte[136];
        (bind[8], bind[20], bind[36], bind[64]) = (7, 1, 1, (byte)VmBindOp.MapUserptr);
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(40), 0x12340000);
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(48), 0x10000);
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(56), 0x100000);
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        string lost = $"{call} = -1 errno=14 in={Hex(bind)}", good = $"{call} = 0 in={Hex(bind)}";
        Assert.DoesNotContain("cpu_map", TraceThatRuns(VmCreate, lost), StringComparison.Ordinal);
        Assert.Single(TraceThatRuns(VmCreate, lost, good, good).Split('\n'), line => line.Contains("cpu_map", StringComparison.Ordinal));
        // Refused before anybody looked for the pages: there is no such PAT entry.
        byte[] unknown = [.. bind];
        unknown[36] = 0x7f;
        string early = $"{call} = -1 errno=22 in={Hex(unknown)}";
        Assert.DoesNotContain("cpu_map", TraceThatRuns(VmCreate, early, lost), StringComparison.Ordinal);
    }

    /// <summary>A program may ask nonsense: no handles, handles that cannot be read, handle 0.</summary>
    [Fact]
    public void Calls_without_handles_are_records()
    {
        string signal(ulong handles, uint count, int errno) =>
            $"1 ioctl(4<#1>, 0x{DrmIoctl.SyncobjSignal:x}, 0x7f00) = -1 errno={errno} in={Hex(Words(handles, count))}";
        string none = signal(0, 0, 22), lost = signal(8, 3, 14);
        string close = $"1 ioctl(4<#1>, 0x{DrmIoctl.GemClose:x}, 0x7f00) = -1 errno=22 in={Hex(Words(0))}";
        string destroy = $"1 ioctl(4<#1>, 0x{DrmIoctl.SyncobjDestroy:x}, 0x7f00) = -1 errno=22 in={Hex(Words(0))}";
        string export = $"1 ioctl(4<#1>, 0x{DrmIoctl.SyncobjHandleToFd:x}, 0x7f00) = -1 errno=22 in={Hex(Words(0, 0, 0))}";
        string trace = TraceThatRuns(VmCreate, none, lost, close, destroy, export);
        Assert.Contains(
            """{"ioctl":"SYNCOBJ_SIGNAL","count_handles":3,"handles":[],"expect":{"errno":"EFAULT"}}""", trace, StringComparison.Ordinal);
        Assert.Contains("""{"ioctl":"SYNCOBJ_SIGNAL","handles":[],"expect":{"errno":"EINVAL"}}""", trace, StringComparison.Ordinal);
    }

    /// <summary>The driver reads of an argument what the request says goes in: without the bit nothing, whatever stands there.</summary>
    [Fact]
    public void What_does_not_go_in_is_zero()
    {
        const uint goesIn = 1u << 30;
        string garbage = new('7', 64);
        string make = $"1 ioctl(4<#1>, 0x{XeIoctl.VmCreate & ~goesIn:x}, 0x7f00) = 0 in={garbage} out={Vm7}";
        Assert.DoesNotContain("7777", TraceThatRuns(VmCreate, make), StringComparison.Ordinal);
    }

    /// <summary>Where its devices inject errors a program is refused for them, and a replay's devices do so, too.</summary>
    [Fact]
    public void A_debug_build_stays_one()
    {
        var maker = new TraceMaker(_ => XePlatforms.Bmg) { IsDebugBuild = true };
        TraceHeader header = TraceHeader.Read(JsonDocument.Parse(maker.Header(XePlatforms.Bmg)).RootElement);
        Assert.True(header.Options.DebugBuild);
        Assert.False(TraceHeader.Read(JsonDocument.Parse(new TraceMaker(_ => XePlatforms.Bmg).Header(XePlatforms.Bmg)).RootElement)
            .Options.DebugBuild);
    }

    /// <summary>The client could not write what the driver wanted to write to, so a replay cannot either, until it can.</summary>
    [Fact]
    public void A_userptr_that_was_read_only_is_read_only_as_long_as_it_was()
    {
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        string bind(ulong from, ulong size, bool isReadOnly) => Hex(Userptr(from, size, isReadOnly));
        string refused(ulong from, ulong size) => $"{call} = -1 errno=1 in={bind(from, size, isReadOnly: false)}";
        string good(ulong from, ulong size, bool isReadOnly = false) => $"{call} = 0 in={bind(from, size, isReadOnly)}";
        const ulong at = 0x12340000, page = 4096;
        string trace = TraceThatRuns(
            VmCreate, refused(at, 4 * page), good(at, 4 * page, isReadOnly: true), good(at + page, page), refused(at + page, 2 * page),
            good(at, 4 * page), refused(at, page), good(at, page));
        Assert.Contains(""" "read_only":true}""".Trim(), trace, StringComparison.Ordinal);
        // Pages stay the same, whatever may be done with them: no userptr has to hear of it.
        Assert.DoesNotContain("cpu_invalidate", trace, StringComparison.Ordinal);
        Assert.Contains("""{"event":"cpu_map","addr":"0x12341000","runs":[["0x100001000","0x1000"]]}""", trace, StringComparison.Ordinal);
    }

    /// <summary>What the process does to memory that a userptr is made of, by whatever call, is in the trace: binds and jobs that come
    /// after it end as they did.</summary>
    [Theory]
    [InlineData("munmap(0x12341000, 4096) = 0", 14)]
    [InlineData("munmap(0x12341000, 4096) = -1 EINVAL (Invalid argument)", 0)]
    [InlineData("mprotect(0x12341000, 4096, PROT_NONE) = 0", 14)]
    [InlineData("mprotect(0x12341000, 4096, PROT_READ) = 0", 1)]
    [InlineData("mprotect(0x12341000, 4096, PROT_READ|PROT_WRITE) = 0", 0)]
    [InlineData("madvise(0x12340000, 16384, MADV_DONTNEED) = 0", 0)]
    [InlineData("mmap(0x12341000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x12341000", 1)]
    [InlineData("mmap(0x12341000, 4096, PROT_READ|PROT_WRITE, MAP_FIXED, 7, 0) = 0x12341000", 0)]
    [InlineData("mmap(0x12341000, 4096, PROT_NONE, MAP_FIXED_NOREPLACE, -1, 0) = 0x12341000", 0)]
    [InlineData("mremap(0x12340000, 16384, 8192, 0) = 0x12340000", 14)]
    [InlineData("mremap(0x12340000, 16384, 32768, MREMAP_MAYMOVE) = 0x12340000", 0)]
    [InlineData("mremap(0x12340000, 16384, 16384, MREMAP_MAYMOVE) = 0x22340000", 14)]
    [InlineData("mremap(0x12340000, 16384, 16384, MREMAP_MAYMOVE|MREMAP_DONTUNMAP) = 0x22340000", 0)]
    [InlineData("fork() = 2", 0)]
    public void Changes_of_memory_are_in_the_trace(string change, int errno)
    {
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        string good = $"{call} = 0 in={Hex(Userptr(0x12340000, 0x4000, isReadOnly: false))}";
        // Elsewhere in the VM, so that it is pinned anew.
        byte[] second = Userptr(0x12340000, 0x4000, isReadOnly: false);
        second[60] = 2;
        string last = $"{call} = {(errno == 0 ? "0" : $"-1 errno={errno}")} in={Hex(second)}";
        string trace = TraceThatRuns(VmCreate, good, $"1 {change}", last);
        bool isChange = !change.Contains(" = -1", StringComparison.Ordinal) && !change.Contains("NOREPLACE", StringComparison.Ordinal)
            && !change.Contains("32768", StringComparison.Ordinal);
        Assert.Equal(isChange, trace.Contains("cpu_invalidate", StringComparison.Ordinal));
        // That of another process is not the client's.
        Assert.DoesNotContain("cpu_invalidate", TraceThatRuns(VmCreate, good, $"9 {change}"), StringComparison.Ordinal);
    }

    /// <summary>Where pages have moved to they are; what they were moved over is not.</summary>
    [Fact]
    public void Pages_that_move_keep_their_frames()
    {
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        string bind(ulong from) => $"{call} = 0 in={Hex(Userptr(from, 0x2000, isReadOnly: false))}";
        string trace = TraceThatRuns(
            VmCreate, bind(0x10000), bind(0x20000), "1 mremap(0x10000, 8192, 8192, MREMAP_MAYMOVE|MREMAP_FIXED) = 0x21000", bind(0x21000));
        Assert.Contains("""{"event":"cpu_map","addr":"0x21000","runs":[["0x100000000","0x2000"]]}""", trace, StringComparison.Ordinal);
        Assert.Contains("""{"event":"cpu_map","addr":"0x20000","runs":[["0x100002000","0x1000"]]}""", trace, StringComparison.Ordinal);
    }

    /// <summary>A batch has used a mirror: a log does not have it, but a bind that was refused shows it.</summary>
    [Fact]
    public void A_mirror_that_was_in_use_is_in_use()
    {
        string vm = VmCreate.Replace(Zeros32, $"{Zeros32[..16]}06{Zeros32[18..]}").Replace(Vm7, $"{Vm7[..16]}06{Vm7[18..]}");
        var mirror = new byte[136];
        (mirror[8], mirror[20], mirror[60], mirror[68]) = (7, 1, 1, (byte)VmBindFlags.CpuAddrMirror);
        BinaryPrimitives.WriteUInt64LittleEndian(mirror.AsSpan(48), 0x200000);
        byte[] unmap = [.. mirror];
        (unmap[64], unmap[68]) = ((byte)VmBindOp.Unmap, 0);
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        string bound = $"{call} = 0 in={Hex(mirror)}", busy = $"{call} = -1 errno=16 in={Hex(unmap)}", gone = $"{call} = 0 in={Hex(unmap)}";
        string trace = TraceThatRuns(vm, bound, busy, busy, gone);
        Assert.Single(trace.Split('\n'), line => line.Contains("range_bind", StringComparison.Ordinal));
        Assert.Single(trace.Split('\n'), line => line.Contains("range_unbind", StringComparison.Ordinal));
        Assert.DoesNotContain("range_", TraceThatRuns(vm, bound, gone), StringComparison.Ordinal);
    }

    /// <summary>Of several userptrs of a call the first that is not known to be writable is the one that was refused.</summary>
    [Fact]
    public void The_userptr_that_was_refused_is_one_that_is_not_known_to_be_writable()
    {
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.VmBind:x}, 0x7f00)";
        byte[] known = Userptr(0x10000, 0x1000, isReadOnly: false), array = Userptr(0, 0, isReadOnly: false);
        array[20] = 2;
        array.AsSpan(24, 80).Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(array.AsSpan(24), 0x7000);
        byte[] ops = [.. known[24..104], .. Userptr(0x20000, 0x1000, isReadOnly: false)[24..104]];
        string trace = TraceThatRuns(
            VmCreate, $"{call} = 0 in={Hex(known)}", $"{call} = -1 errno=1 in={Hex(array)} mem@0x7000={Hex(ops)}");
        Assert.Contains("""{"event":"cpu_map","addr":"0x10000","runs":[["0x100000000","0x1000"]]}""", trace, StringComparison.Ordinal);
        Assert.Contains(
            """{"event":"cpu_map","addr":"0x20000","runs":[["0x100001000","0x1000"]],"read_only":true}""", trace,
            StringComparison.Ordinal);
    }

    /// <summary>The driver tells a client of its highest priority, or gives it to a queue, if it has CAP_SYS_NICE.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Who_was_privileged_is_privileged(bool isTold, bool isFirst)
    {
        byte[] config = new byte[48];
        (config[0], config[40]) = (5, 2);
        string client = isFirst ? "1 ioctl(4<#1>" : "1 ioctl(5<#2>";
        string told = $"{client}, 0x{XeIoctl.DeviceQuery:x}, 0x7f00) = 0 in={Query(2, 0x30, data: 0x9000)} out={Query(2, 0x30)} "
            + $"mem@0x9000={Hex(config)}";
        string queue = QueueWith(client, property: 0, value: 2);
        string trace = TraceThatRuns(VmCreate, VmCreate.Replace("1 ioctl(4<#1>", "1 ioctl(5<#2>"), isTold ? told : queue);
        string[] lines = trace.TrimEnd().Split(Environment.NewLine);
        const string mark = "\"privileged\":true";
        Assert.Equal(isFirst, lines[0].Contains(mark, StringComparison.Ordinal));
        Assert.Equal(
            isFirst ? """{"event":"open","as":"client2"}""" : """{"event":"open","as":"client2","privileged":true}""",
            Assert.Single(lines, line => line.StartsWith("{\"event\":\"open\"", StringComparison.Ordinal)));

        // A priority that anybody may have says nothing.
        string low = TraceThatRuns(VmCreate, QueueWith("1 ioctl(4<#1>", property: 0, value: 1));
        Assert.DoesNotContain(mark, low, StringComparison.Ordinal);
    }

    /// <summary>Programs that were built with other headers have structs of other sizes.</summary>
    [Fact]
    public void A_struct_of_another_size_stays_one()
    {
        uint small = (XeIoctl.VmCreate & ~(0x3fffu << 16)) | (16u << 16);
        string cut = VmCreate.Replace($"{XeIoctl.VmCreate:x}", $"{small:x}").Replace(Zeros32, Zeros32[..32]).Replace(Vm7, Vm7[..32]);
        string trace = TraceThatRuns(cut);
        Assert.Contains("""{"ioctl":"VM_CREATE","arg_size":16,"as":"vm7","expect":{"errno":0}}""", trace, StringComparison.Ordinal);
        Assert.DoesNotContain("arg_size", TraceThatRuns(VmCreate), StringComparison.Ordinal);
    }

    /// <summary>A job that hung had a batch, and a replay has none.</summary>
    [Fact]
    public void A_queue_that_was_reset_is_reset()
    {
        var exec = new byte[56];
        (exec[8], exec[32]) = (9, 1);
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.Exec:x}, 0x7f00)";
        string banned = $"{call} = -1 errno=125 in={Hex(exec)}";
        string trace = TraceThatRuns(
            VmCreate, QueueWith("1 ioctl(4<#1>", property: 1, value: 2000), $"{call} = 0 in={Hex(exec)}", banned, banned);
        Assert.Single(
            trace.TrimEnd().Split(Environment.NewLine), line => line == """{"event":"hang","exec_queue_id":"queue9"}""");
    }

    /// <summary>A record stands for both calls of a query.</summary>
    [Fact]
    public void A_query_is_a_record_whether_its_size_was_asked_for_or_known()
    {
        string call = $"1 ioctl(4<#1>, 0x{XeIoctl.DeviceQuery:x}, 0x7f00)";
        string size = $"{call} = 0 in={Query(2, 0)} out={Query(2, 0x30)}", data = $"{call} = 0 in={Query(2, 0x30)} out={Query(2, 0x30)}";
        string none = $"{call} = -1 errno=22 in={Query(0x63, 0)}", wrong = $"{call} = -1 errno=22 in={Query(2, 8)}";
        foreach (string[] lines in new[] { [size, data], [data], new[] { size, data, data, size } })
            Assert.Equal(3, TraceThatRuns([VmCreate, .. lines]).TrimEnd().Split('\n').Length);
        Assert.Contains("\"query\":\"0x63\"", TraceThatRuns(VmCreate, none), StringComparison.Ordinal);
        Assert.Contains("\"size\":8", TraceThatRuns(VmCreate, size, wrong), StringComparison.Ordinal);
        // What it is asked about: the copy engine, by clock 1.
        byte[] cycles = new byte[40];
        (cycles[0], cycles[8]) = (1, 1);
        string about = $"{call} = 0 in={Query((byte)DeviceQueryId.EngineCycles, 40, 0x30000)} mem@0x30000={Hex(cycles)}";
        string length = $"{call} = 0 in={Query((byte)DeviceQueryId.EngineCycles, 0)}";
        foreach (string[] lines in new[] { [about], new[] { length, about } })
        {
            string trace = TraceThatRuns([VmCreate, .. lines]);
            Assert.Contains(""" "in":{"eci":{"engine_class":"COPY"},"clockid":1} """.Trim(), trace, StringComparison.Ordinal);
        }

        // Whose size is told and whose data is not there.
        string half = $"{call} = 0 in={Query((byte)DeviceQueryId.PxpStatus, 0)}";
        Assert.Contains("\"query\":\"PXP_STATUS\",\"size\":0", TraceThatRuns(VmCreate, half, half), StringComparison.Ordinal);
    }

    /// <summary>Chains of extensions come along.</summary>
    [Fact]
    public void Extensions_are_named()
    {
        var queue = new byte[48];
        BinaryPrimitives.WriteUInt64LittleEndian(queue, 0x10010);
        (queue[8], queue[10], queue[12]) = (1, 1, 7);
        BinaryPrimitives.WriteUInt64LittleEndian(queue.AsSpan(24), 0x20000);
        byte[] made = [.. queue];
        made[20] = 9;
        var extension = new byte[48];
        extension[16] = 1;
        extension[24] = 100;
        string line = $"1 ioctl(4<#1>, 0x{XeIoctl.ExecQueueCreate:x}, 0x7f00) = 0 in={Hex(queue)} out={Hex(made)} "
            + $"mem@0x20000=0100000000000000 mem@0x10010={Hex(extension)}";
        using TempFile log = TempFile.Lines(VmCreate, line);

        CliRun import = CliRun.Of("import", log.Path, "--platform", "bmg");
        Assert.Contains(
            """ "extensions":[{"name":"SET_PROPERTY","property":"TIMESLICE","value":"0x64"}],""".Trim(), import.Out,
            StringComparison.Ordinal);
        using TempFile trace = TempFile.Lines(import.Out);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out);
    }

    private static string Query(byte query, byte size, ulong data = 0)
    {
        var bytes = new byte[40];
        (bytes[8], bytes[12]) = (query, size);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), data);
        return Hex(bytes);
    }

    /// <summary>A MAP_USERPTR in VM 7.</summary>
    private static byte[] Userptr(ulong from, ulong size, bool isReadOnly)
    {
        var bind = new byte[136];
        (bind[8], bind[20], bind[36], bind[64]) = (7, 1, 1, (byte)VmBindOp.MapUserptr);
        bind[68] = isReadOnly ? (byte)VmBindFlags.ReadOnly : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(40), from);
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(48), size);
        BinaryPrimitives.WriteUInt64LittleEndian(bind.AsSpan(56), from + 0x100000000);
        return bind;
    }

    /// <summary>A line that makes queue 9 of VM 7 with a property.</summary>
    private static string QueueWith(string client, byte property, ushort value)
    {
        var queue = new byte[48];
        BinaryPrimitives.WriteUInt64LittleEndian(queue, 0x10010);
        (queue[8], queue[10], queue[12]) = (1, 1, 7);
        BinaryPrimitives.WriteUInt64LittleEndian(queue.AsSpan(24), 0x20000);
        byte[] made = [.. queue];
        made[20] = 9;
        var extension = new byte[48];
        extension[16] = property;
        BinaryPrimitives.WriteUInt16LittleEndian(extension.AsSpan(24), value);
        return $"{client}, 0x{XeIoctl.ExecQueueCreate:x}, 0x7f00) = 0 in={Hex(queue)} out={Hex(made)} "
            + $"mem@0x20000=0100000000000000 mem@0x10010={Hex(extension)}";
    }

    /// <summary>The trace of a log; it does what it says.</summary>
    private static string TraceThatRuns(params string[] lines)
    {
        using TempFile log = TempFile.Lines(lines);
        CliRun import = CliRun.Of("import", log.Path, "--platform", "lnl");
        using TempFile trace = TempFile.Lines(import.Out);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        return import.Out;
    }

    private static byte[] Words(params ReadOnlySpan<ulong> words)
    {
        var bytes = new byte[words.Length * 8];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8 * i), words[i]);
        return bytes;
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
