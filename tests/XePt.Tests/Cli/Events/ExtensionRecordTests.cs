using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Extensions that a record names with their fields.</summary>
public class ExtensionRecordTests
{
    private const string Engine = "\"instances\":[{\"engine_class\":\"RENDER\"}]";

    private static string Queue(string extensions, string expect) =>
        $$"""{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm",{{Engine}},"extensions":{{extensions}},"as":"queue","expect":{{expect}}}""";

    [Fact]
    [Rule("UAPI-008")]
    public void Properties_are_set_by_name()
    {
        using TempFile trace = TempFile.Trace(
            [
                """{"ioctl":"VM_CREATE","as":"vm"}""",
                Queue(
                    """[{"name":"SET_PROPERTY","property":"TIMESLICE","value":2000},{"property":"PRIORITY","value":0}]""",
                    """{"errno":0}"""),
                Queue("[]", """{"errno":0}"""),
                Queue("""[{"property":"PRIORITY","value":9}]""", """{"errno":"EINVAL"}"""),
                Queue("""[{"name":7}]""", """{"errno":"EINVAL","rule":"UAPI-004"}"""),
                Queue("""[{"property":"PRIORITY","value":1,"next_extension":"0x10000"}]""", """{"errno":0}"""),
                """{"event":"user_memory","addr":"0x20000","size":"0x1000"}""",
                Queue("""[{"property":"PRIORITY","value":1,"next_extension":"0x10000"}]""", """{"errno":"EFAULT","rule":"UAPI-004"}"""),
                Queue("""[{"property":"PRIORITY","value":1}]""", """{"errno":0}"""),
                """{"ioctl":"GEM_CREATE","size":"0x1000","placement":1,"cpu_caching":"WB",""" +
                """ "extensions":[{"property":"PXP_TYPE","value":0,"pad":1}],"expect":{"errno":"EINVAL"}}""",
            ]);
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("RENDER 0, TIMESLICE 2000, PRIORITY 0 -> queue 1", run.Out, StringComparison.Ordinal);
        JsonElement fields = CliRun.Json("run", trace.Path).GetProperty("calls")[1].GetProperty("fields");
        Assert.Equal(
            """[{"name":"SET_PROPERTY","property":"TIMESLICE","value":"0x7d0"},""" +
            """{"name":"SET_PROPERTY","property":"PRIORITY","value":"0x0"}]""",
            fields.GetProperty("extensions").GetRawText().Replace(" ", "").Replace("\n", ""));
    }

    [Fact]
    [Rule("GRP-001")]
    public void A_queue_joins_a_group_by_its_name()
    {
        using TempFile trace = TempFile.Lines(
            """{"xetrace":1,"platform":"cri"}""",
            """{"ioctl":"VM_CREATE","as":"vm"}""",
            """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","instances":[{"engine_class":"COMPUTE"}],"as":"first",""" +
            """ "extensions":[{"property":"MULTI_GROUP","value":"0x8000000000000000"}],"expect":{"errno":0}}""",
            """{"ioctl":"EXEC_QUEUE_CREATE","vm_id":"vm","instances":[{"engine_class":"COMPUTE"}],""" +
            """ "extensions":[{"property":"MULTI_GROUP","value":"first"}],"expect":{"errno":0}}""");
        CliRun run = CliRun.Of("run", "--expect", trace.Path);
        Assert.True(run.ExitCode == 0, run.Out + run.Error);
        Assert.Contains("MULTI_GROUP first", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"property":"PRIORTY"}]""", "'property': unknown name or number in \"PRIORTY\"; did you mean 'PRIORITY'?")]
    [InlineData("""[{"property":0,"foo":1}]""", "foo")]
    [InlineData("""[{"next_extension":1},{}]""", "'next_extension': only the last one goes on elsewhere")]
    [InlineData("""[{"reserved":[1,2,3]}]""", "'reserved': two words")]
    [InlineData("""[7]""", "extensions[0]")]
    public void What_no_extension_has_is_refused(string extensions, string message)
    {
        using TempFile trace = TempFile.Trace([Queue(extensions, """{"errno":0}""")]);
        CliRun.Of("run", trace.Path).IsBadInput(message);
    }
}
