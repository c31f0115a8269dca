using System.Text.Json;
using XePt.Cli.Explain;
using XePt.Cli.Traces.Calls;
using XePt.Tests.Kit;
using XePt.Uapi.Checks;

namespace XePt.Tests.Cli;

public class ExplainCommandTests
{
    [Theory]
    [InlineData("op=MAP,flags=NULL,obj=1,range=0x1000", "BIND-073", "obj")]
    [InlineData("op=MAP,flags=CPU_ADDR_MIRROR,cpu_addr_mirror_offset=0x1000,range=0x1000", "BIND-074", "obj_offset")]
    [InlineData("op=UNMAP,flags=NULL,range=0x1000", "BIND-075", "op")]
    [InlineData("op=MAP,range=0x1000", "BIND-076", "obj")]
    [InlineData("op=MAP,obj=1,range=0x1800", "BIND-089", "range")]
    [InlineData("op=MAP,obj=2,range=0x1000", "BIND-049", "obj")]
    [InlineData("op=MAP,obj=1,range=0x1000,pat_index=40", "BIND-069", "pat_index")]
    [InlineData("{\"op\":\"MAP\",\"flags\":\"NULL\",\"addr\":\"0x1000\",\"range\":\"0x1000000000000\"}", "BIND-047", "addr")]
    [InlineData("{\"ioctl\":\"GEM_CREATE\",\"size\":\"0x1000\",\"placement\":9}", "BIND-023", "placement")]
    public void The_rejecting_check_is_named_with_rule_and_field(string op, string rule, string field)
    {
        JsonElement call = Explain(op, "--vm-mode", "fault");
        JsonElement why = call.GetProperty("rejection");
        Assert.Equal((rule, field), (why.GetProperty("rule").GetString(), why.GetProperty("field").GetString()));
        JsonElement rejecting = call.GetProperty("checks").EnumerateArray()
            .Single(check => check.GetProperty("verdict").GetString() == "REJECTED");
        Assert.Equal(rule, rejecting.GetProperty("rule").GetString());
    }

    [Fact]
    public void Checks_before_the_rejecting_one_passed_and_those_after_it_were_not_reached()
    {
        string[] verdicts = [.. Explain("op=MAP,range=0x1000").GetProperty("checks").EnumerateArray()
            .Select(check => check.GetProperty("verdict").GetString()!)];
        int rejecting = Array.IndexOf(verdicts, "REJECTED");
        Assert.True(rejecting > 0);
        Assert.All(verdicts[..rejecting], verdict => Assert.Equal("passed", verdict));
        Assert.All(verdicts[(rejecting + 1)..], verdict => Assert.Equal("not reached", verdict));
    }

    [Theory]
    [InlineData("op=MAP,obj=1,addr=0x10000,range=0x200000,pat_index=2")]
    [InlineData("op=MAP,obj=1,obj_offset=0x10000,addr=0x10000,range=0x400000000,pat_index=2")]
    [InlineData("op=MAP_USERPTR,userptr=0x7f0000000000,range=0x3000,pat_index=2")]
    [InlineData("op=UNMAP,range=0x1000")]
    [InlineData("op=PREFETCH,range=0x1000,prefetch_mem_region_instance=-1")]
    [InlineData("{\"ioctl\":\"VM_BIND\",\"vm_id\":1}")]
    public void What_the_op_leaves_open_is_no_reason_to_reject_it(string op)
    {
        foreach (string platform in (string[])["bmg", "lnl"])
            Assert.Equal(0, Explain(op, "--platform", platform).GetProperty("errno").GetInt32());
    }

    [Fact]
    [Rule("BIND-067")]
    [Rule("BIND-068")]
    public void Mode_profile_and_bo_are_taken_from_the_command_line()
    {
        const string mirror = "op=MAP,flags=CPU_ADDR_MIRROR,range=0x1000";
        Assert.Equal("BIND-068", RuleOf(Explain(mirror)));
        Assert.Equal("BIND-068", RuleOf(Explain(mirror, "--vm-mode", "preempt-fence")));
        Assert.Equal("BIND-067", RuleOf(Explain(mirror, "--vm-mode", "fault", "--profile", "S-gated")));
        Assert.Equal(0, Explain(mirror, "--vm-mode", "fault").GetProperty("errno").GetInt32());
        Assert.Equal("BIND-095", RuleOf(Explain("op=MAP,obj=1,range=0x2000,pat_index=2", "--bo", "size=0x1000,placement=1")));
        Assert.Equal("BIND-097", RuleOf(Explain("op=MAP,obj=1,range=0x2000,pat_index=3", "--bo", "placement=1,cpu_caching=WB")));
    }

    [Fact]
    public void Every_rejection_of_the_mistakes_sample_is_found_among_the_checks_of_its_call()
    {
        JsonElement[] calls = [.. CliRun.Json("explain", CliRun.Sample("mistakes.xetrace")).GetProperty("calls").EnumerateArray()];
        Assert.True(calls.Length > 75);
        foreach (JsonElement call in calls)
            Assert.Single(call.GetProperty("checks").EnumerateArray(), check => check.GetProperty("verdict").GetString() == "REJECTED");
    }

    [Fact]
    public void The_text_form_names_check_and_rule_and_can_show_one_line_in_full()
    {
        using TempFile trace = TempFile.Trace("""{"ioctl":"VM_CREATE","flags":"FAULT_MODE"}""", """{"ioctl":"VM_CREATE"}""");
        CliRun all = CliRun.Of("explain", trace.Path);
        Assert.Contains("line 2: VM_CREATE flags FAULT_MODE", all.Out, StringComparison.Ordinal);
        Assert.Contains("FAULT_MODE needs LR_MODE [BIND-005]", all.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("line 3", all.Out, StringComparison.Ordinal);

        CliRun one = CliRun.Of("explain", trace.Path, "--line", "3");
        Assert.Contains("accepted", one.Out, StringComparison.Ordinal);
        Assert.Matches("passed +BIND-005", one.Out);
        CliRun.Of("explain", trace.Path, "--line", "9").IsBadInput($"{trace.Path}:9: there is no record on this line");
    }

    [Theory]
    [InlineData("x", "\"x\" is not field=value")]
    [InlineData("op=MAP,op=MAP", "'op' is there twice")]
    [InlineData("op=FLY", "'op': unknown name or number in \"FLY\"")]
    [InlineData("size=1", "unknown field 'size'")]
    [InlineData("{", "the JSON ends too early, at column 2")]
    public void A_bad_op_is_bad_input(string op, string message) => CliRun.Of("explain", "--op", op).IsBadInput(message);

    [Fact]
    public void All_calls_of_traces_have_an_order_of_checks_and_all_refusals_of_vm_bind_are_in_it()
    {
        Assert.Equal(EngineInsides.CallNames.Order(), EngineInsides.OrderedCalls.Order());
        string[] ofVmBind = [.. CheckCatalog.All.Select(rule => rule.Source)
            .Where(source => source.StartsWith("VmBind", StringComparison.Ordinal)).Distinct()];
        Assert.Empty(ofVmBind.Except(CheckOrder.Of("VM_BIND").Select(rule => rule.Source)));
    }

    private static JsonElement Explain(string op, params string[] options) =>
        CliRun.Json(["explain", "--op", op, .. options]).GetProperty("calls").EnumerateArray().Single();

    private static string? RuleOf(JsonElement call) => call.GetProperty("rejection").GetProperty("rule").GetString();
}
