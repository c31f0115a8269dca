using System.Reflection;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Tests.Checks;

public class CheckCatalogTests
{
    [Fact]
    public void The_catalog_holds_every_check_list_and_the_refusals()
    {
        var lists = typeof(CheckCatalog).Assembly.GetTypes().Where(type => type.IsDefined(typeof(CheckListAttribute))).ToArray();
        var rows = lists.Sum(list => list.GetCustomAttributes<CheckAttribute>().Count());
        Assert.Equal(lists.Select(list => list.Name).Order(),
            CheckCatalog.All.Where(rule => rule.Order > 0).Select(rule => rule.Source).Distinct().Order());
        Assert.Equal(rows + Refusals.Rules.Length, CheckCatalog.All.Count);
    }

    [Fact]
    public void Every_list_is_numbered_from_1_without_gaps()
    {
        foreach (var list in CheckCatalog.All.Where(rule => rule.Order > 0).GroupBy(rule => rule.Source))
            Assert.Equal(Enumerable.Range(1, list.Count()), list.Select(rule => rule.Order));
    }

    [Fact]
    public void Every_rule_says_why_in_one_sentence_part_without_full_stop()
    {
        Assert.All(CheckCatalog.All, rule => Assert.Matches("^[^ .].*[^ .]$", rule.Because));
        Assert.All(CheckCatalog.All, rule => Assert.NotEqual(Errno.Ok, rule.Errno));
    }

    [Fact]
    public void Every_rule_of_a_check_list_is_named_by_a_test()
    {
        var tested = typeof(CheckCatalogTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<RuleAttribute>())
            .Select(rule => rule.Id)
            .ToHashSet();
        Assert.Empty(
            CheckCatalog.All.Where(rule => rule.Order > 0 && !tested.Contains(rule.RuleId)).Select(rule => rule.RuleId).Distinct());
    }

    [Fact]
    public void A_rejection_reads_as_one_sentence()
    {
        var rejection = VmBindOpChecks.Validate(BindSetting.Mirror with { Obj = 3 }, new BindSetting().Context) with { OpIndex = 2 };
        Assert.Equal("-EINVAL: op 2: obj = 0x3: a NULL or mirror binding has no BO [BIND-073]", rejection.ToString());
    }

    [Fact]
    public void An_accepted_op_costs_no_allocation()
    {
        var setting = new BindSetting();
        var context = setting.Context;
        var op = BindSetting.Map;
        _ = VmBindOpChecks.Validate(in op, in context);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _ = VmBindOpChecks.Validate(in op, in context);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void A_refused_op_costs_no_allocation()
    {
        var context = new BindSetting().Context;
        var op = BindSetting.Map with { Obj = 0 };
        _ = VmBindOpChecks.Validate(in op, in context);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
            _ = VmBindOpChecks.Validate(in op, in context);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
