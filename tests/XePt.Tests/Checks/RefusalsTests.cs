using System.Reflection;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Tests.Checks;

public class RefusalsTests
{
    private const ulong Value = 0x1234, Other = 0x5678;

    [Fact]
    public void Every_refusal_gives_what_its_row_declares()
    {
        var methods = typeof(Refusals).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Where(method => method.IsDefined(typeof(RefusalAttribute)))
            .ToArray();
        Assert.Equal(methods.Length, Refusals.Rules.Length);
        foreach (var method in methods)
        {
            var row = method.GetCustomAttribute<RefusalAttribute>()!;
            object[] values = row.ComparedWith is null ? [Value] : [Value, Other];
            var rejection = (Rejection)method.Invoke(null, values)!;
            rejection.IsRefusedBy(row.RuleId, row.Field, Value, row.Errno);
            Assert.Equal((row.Because, -1), (rejection.Because, rejection.OpIndex));
            Assert.Equal(row.ComparedWith is { } name ? new Comparand(name, Other) : default(Comparand?), rejection.ComparedWith);
            Assert.Contains(new CheckRule(method.Name, 0, row.RuleId, row.Errno, row.Field, row.Because), Refusals.Rules.ToArray());
        }
    }

    [Fact]
    [Rule("BIND-013")]
    public void An_unknown_VM_has_the_errno_of_the_call()
    {
        Assert.Equal(Errno.EINVAL, Refusals.VmBindUnknownVm(Value).Errno);
        Assert.Equal(Errno.EINVAL, Refusals.MadviseUnknownVm(Value).Errno);
        Assert.Equal(Errno.EINVAL, Refusals.MemRangeAttrsUnknownVm(Value).Errno);
        Assert.Equal(Errno.ENOENT, Refusals.VmDestroyUnknownVm(Value).Errno);
        Assert.Equal(Errno.ENOENT, Refusals.GemCreateUnknownVm(Value).Errno);
        Assert.Equal(Errno.ENOENT, Refusals.QueueCreateUnknownVm(Value).Errno);
    }

    [Fact]
    [Rule("BIND-015")]
    public void A_closed_VM_has_the_errno_of_the_call()
    {
        Assert.Equal(Errno.ENOENT, Refusals.VmBindClosedVm(Value).Errno);
        Assert.Equal(Errno.ENOENT, Refusals.MadviseClosedVm(Value).Errno);
        Assert.Equal(Errno.ENOENT, Refusals.QueueCreateClosedVm(Value).Errno);
        Assert.Equal(Errno.ECANCELED, Refusals.ExecClosedVm(Value).Errno);
    }
}
