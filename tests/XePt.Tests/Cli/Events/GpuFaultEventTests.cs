namespace XePt.Tests.Cli;

/// <summary>Trace events of page faults as the firmware reports them, of the answers that it gets, of resets and of copies that end
/// later.</summary>
public class GpuFaultEventTests
{
    private const string CreateVm = """{"ioctl":"VM_CREATE","flags":"LR_MODE|FAULT_MODE","as":"vm"}""";
    private const string Mirror =
        """{"ioctl":"VM_BIND","vm_id":"vm","binds":[{"op":"MAP","flags":"CPU_ADDR_MIRROR","addr":0,"range":"0x1000000000000"}]}""";

    private const string Map = """{"event":"mmap","addr":"0x7f0000000000","size":"0x400000"}""";
    private const string Fill = """{"event":"cpu_write","addr":"0x7f0000000000","pattern":"11","size":"0x400000"}""";
    private const string Late = ""","options":{"drive":"queued","copies":"late"}""";
    private const string Queued = ""","options":{"drive":"queued"}""";

    private const string Fault =
        """{"event":"gpu_fault","vm_id":"vm","addr":"0x7f0000000008","access":"write","engine_class":2,"engine_instance":3,""";

    private const string Other = """{"event":"gpu_fault","vm_id":"vm","addr":"0x7f0000200000",""";
    private const string Pump = """{"event":"pump"}""";

    private static string Replies(params string[] words) =>
        $$$"""{"event":"fault_replies","expect":{"values":[{{{string.Join(',', words.Select(word => $"\"{word}\""))}}}]}}""";

    private static string Ended(int count) => $$$"""{"event":"copies","expect":{"values":[{{{count}}}]}}""";

    /// <summary>With the inline drive a fault is answered within its record. A reply: valid, descriptor type 2, asid 1; instance at bit 7,
    /// class at 13, producer data at 16 of the second word.</summary>
    [Fact]
    public void A_fault_is_answered_with_what_it_brought() => Meets(
        "", CreateVm, Mirror, Map, Fill,
        Fault + """ "producer":"0x1234","vf":5,"expect":{"errno":0,"outcome":"done","values":["0x1234418500001801"]}}""",
        """{"event":"gpu_fault","asid":9,"addr":"0x1000",""" +
        """ "expect":{"errno":"EINVAL","rule":"FLT-031","outcome":"nacked","values":["0x9803"]}}""",
        Fault + """ "nack":true,"expect":{"errno":"EFAULT","rule":"FLT-030","outcome":"nacked"}}""",
        Replies("0x1234418500001801", "0x9803", "0x418000001803"),
        Replies());

    [Fact]
    public void A_message_of_the_firmware_says_the_same_as_fields() => Meets(
        "", CreateVm, Mirror, Map, Fill,
        """{"event":"gpu_fault","words":["0x44180000","0x1123","0x51","0x7f00"],""" +
        """ "expect":{"outcome":"done","values":["0x1234418500001801"]}}""",
        """{"event":"gpu_fault","words":[1,2,3],"expect":{"errno":"EPROTO"}}""");

    [Fact]
    public void What_waits_when_its_GT_is_reset_is_never_answered() => Meets(
        Queued, CreateVm, Mirror, Map, Fill,
        Fault + """ "expect":{"errno":0,"outcome":"pending","values":[]}}""",
        Other + """ "gt":1,"expect":{"outcome":"pending"}}""",
        """{"event":"gt_reset","expect":{"values":[1]}}""",
        Pump, Replies("0x1801"),
        """{"event":"gt_reset","gt":1,"expect":{"values":[0]}}""");

    [Fact]
    public void A_fault_that_finds_its_queue_full_is_lost()
    {
        const int most = 2047;
        Meets(Queued, [CreateVm, .. Enumerable.Repeat(Fault + """ "level":0}""", most),
            Fault + """ "expect":{"errno":"ENOSPC","outcome":"lost","values":[]}}""",
            """{"event":"gt_reset","expect":{"values":[2047]}}""", Pump, Fault + """ "expect":{"outcome":"pending"}}"""]);
    }

    [Fact]
    public void Late_copies_put_a_fault_off_until_they_end() => Meets(
        Late, CreateVm, Mirror, Map, Fill, Fault + """ "expect":{"outcome":"pending"}}""", Pump, Replies(),
        Ended(1), Replies(), Pump, Replies("0x418000001801"), Ended(0),
        """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000008","size":8,"expect":{"pattern":"11","ranges":[""" +
        """{"start":"0x7f0000000000","end":"0x7f0000200000","binding":"bound","memory":"vram","tile":0}]}}""");

    [Fact]
    public void Late_copies_that_fail_leave_the_pages_where_they_were() => Meets(
        Late, CreateVm, Mirror, Map, Fill, Fault + """ "level":0}""", Pump,
        """{"event":"copies","count":5,"error":"EIO","expect":{"values":[1]}}""", Pump, Replies("0x418000001801"),
        """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000008","size":8,"expect":{"pattern":"11","ranges":[""" +
        """{"start":"0x7f0000000000","end":"0x7f0000200000","binding":"bound","memory":"system"}]}}""");

    [Fact]
    public void Who_needs_the_pages_meanwhile_waits_with_the_clock_until_late_copies_end() => Meets(
        Late, CreateVm, Mirror, Map, Fill, Fault + """ "level":0}""", Pump,
        """{"event":"cpu_write","addr":"0x7f0000000000","words":[7]}""", Pump, Replies("0x418000001801"),
        """{"event":"gpu_read","vm_id":"vm","addr":"0x7f0000000000","size":8,"expect":{"words":[7]}}""", Ended(0));

    [Fact]
    public void A_trace_may_end_while_copies_are_under_way() => Meets(
        Late, CreateVm, Mirror, Map, Fill, Fault + """ "level":0}""", Pump, Other + """ "level":0}""");

    [Theory]
    [InlineData("", """{"event":"copies"}""", "copies end by themselves")]
    [InlineData(""","options":{"copies":"late"}""", "", "'copies': late ones need the drive \"queued\"")]
    [InlineData(""","options":{"copies":"soon"}""", "", "'copies': \"soon\" is neither")]
    [InlineData("", """{"event":"gt_reset","gt":7}""", "'gt': the device has no GT 7")]
    [InlineData("", """{"event":"gpu_fault","asid":"0x100000","addr":0}""", "'asid': has 20 bits")]
    [InlineData("", """{"event":"gpu_fault","asid":1,"addr":0,"access":"wirte"}""", "'access': unknown \"wirte\"")]
    public void What_cannot_be_is_an_error_of_the_trace(string options, string record, string message)
    {
        using TempFile trace = TempFile.Lines("""{"xetrace":1,"platform":"bmg"OPTIONS}""".Replace("OPTIONS", options), record);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }

    private static void Meets(string options, params string[] records)
    {
        using TempFile trace = TempFile.Lines(["""{"xetrace":1,"platform":"bmg"OPTIONS}""".Replace("OPTIONS", options), .. records]);
        CliRun run = CliRun.Of("run", trace.Path, "--expect");
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
    }
}
