using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

public class VmBindChecksTests
{
    [Fact]
    [Rule("BIND-061")]
    public void Padding_of_the_call_must_be_zero()
    {
        Check(new() { Pad = 7, Pad2 = 8 }).IsRefusedBy("BIND-061", "pad", 7);
        Check(new() { Pad2 = 8 }).IsRefusedBy("BIND-061", "pad2", 8);
    }

    [Fact]
    [Rule("BIND-061")]
    public void Reserved_words_of_the_call_must_be_zero_and_the_first_other_one_is_reported()
    {
        var bind = new DrmXeVmBind();
        bind.Reserved[1] = 9;
        Check(bind).IsRefusedBy("BIND-061", "reserved", 9);
        bind.Reserved[0] = 8;
        Check(bind).IsRefusedBy("BIND-061", "reserved", 8);
    }

    [Fact]
    [Rule("BIND-062")]
    [Rule("UAPI-002")]
    public void The_call_takes_no_extensions() => Check(new() { Extensions = 0x1000 }).IsRefusedBy("BIND-062", "extensions", 0x1000);

    [Fact]
    [Rule("BIND-063")]
    public void More_than_1024_syncs_are_refused_in_Final_only()
    {
        Check(new() { NumSyncs = 1024 }).IsAccepted();
        Check(new() { NumSyncs = 1025 }).IsRefusedBy("BIND-063", "num_syncs", 1025);
        Check(new() { NumSyncs = 1025 }, XeProfile.SeedGated).IsAccepted();
        Check(new() { NumSyncs = 1025 }, XeProfile.SeedOpen).IsAccepted();
    }

    [Fact]
    [Rule("BIND-066")]
    public void The_number_of_binds_has_no_limit()
    {
        Check(new() { NumBinds = 0 }).IsAccepted();
        Check(new() { NumBinds = uint.MaxValue }).IsAccepted();
    }

    [Fact]
    public void Checks_run_in_the_order_of_the_specification()
    {
        var bind = new DrmXeVmBind { NumSyncs = 1025 };
        Check(bind).IsRefusedBy("BIND-063", "num_syncs", 1025);
        bind.Extensions = 1;
        Check(bind).IsRefusedBy("BIND-062", "extensions", 1);
        bind.Pad2 = 1;
        Check(bind).IsRefusedBy("BIND-061", "pad2", 1);
    }

    private static Rejection Check(in DrmXeVmBind bind, XeProfile profile = XeProfile.Final) =>
        VmBindChecks.Validate(in bind, new BindSetting { Profile = profile }.Context);
}
