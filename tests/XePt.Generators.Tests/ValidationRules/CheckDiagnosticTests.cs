using XePt.Generators.ValidationRules;

namespace XePt.Generators.Tests.ValidationRules;

public class CheckDiagnosticTests
{
    private const string List = "[CheckList(typeof(Argument), Context = typeof(Context))]";

    [Theory]
    [InlineData("public partial class C;")]
    [InlineData("public static class C;")]
    [InlineData("public static partial class C<T>;")]
    public void XEPT0301_class_of_a_list_is_not_static_and_partial(string declaration) =>
        Run(List + declaration).AssertDiagnostic("XEPT0301", "C");

    [Fact]
    public void XEPT0301_class_of_a_list_is_nested() =>
        Run($"static partial class Outer {{ {List} static partial class C; }}").AssertDiagnostic("XEPT0301", "C");

    [Fact]
    public void XEPT0301_class_of_a_refusal_is_nested() =>
        Run("static partial class Outer { static partial class C { [Refusal(\"BIND-001\", Errno.EINVAL, \"f\", \"s\")] static partial " +
        "Rejection R(); } }")
            .AssertDiagnostic("XEPT0301", "R");

    [Fact]
    public void XEPT0301_class_of_a_catalog_is_not_partial() => Run("[CheckCatalog] static class C;").AssertDiagnostic("XEPT0301", "C");

    [Theory]
    [InlineData("nothing")]
    [InlineData("Pad")]
    [InlineData("arm.nothing")]
    [InlineData("pad.val")]
    public void XEPT0302_field_does_not_exist(string field)
    {
        var row = $"RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"{field}\")";
        var message = RunList(row).AssertDiagnostic("XEPT0302", row);
        Assert.Equal($"'Argument' has no field with the C name '{field}'", message);
    }

    [Theory]
    [InlineData(1, "The checks of 'C' must be numbered 1 to 2; number 1 appears twice")]
    [InlineData(3, "The checks of 'C' must be numbered 1 to 2; number 3 is out of place")]
    [InlineData(0, "The checks of 'C' must be numbered 1 to 2; number 0 is out of place")]
    public void XEPT0303_order_has_a_gap_or_a_duplicate(int second, string expected)
    {
        var row = $"RequireZero({second}, \"BIND-002\", Errno.EINVAL, \"s\", \"pad\")";
        Assert.Equal(
            expected, RunList("RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\")", row).AssertDiagnostic("XEPT0303", row));
    }

    [Theory]
    [InlineData("")]
    [InlineData("static int Bad() => 0;")]
    [InlineData("static bool Bad<T>() => true;")]
    [InlineData("static bool Bad(Argument argument) => true;")]
    [InlineData("static bool Bad(ref Argument argument) => true;")]
    [InlineData("static bool Bad(in long argument) => true;")]
    [InlineData("static bool Bad(in Argument one, in Argument two) => true;")]
    [InlineData("static bool Bad() => true; static bool Bad(in Argument argument) => true;")]
    [InlineData("static bool Bad => true;")]
    [InlineData("static bool Bad(long fact) => true;")]
    public void XEPT0304_condition_cannot_be_called(string member)
    {
        const string refuse = "RefuseIf(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", \"Bad\")";
        Run($"{List} [{refuse}] static partial class C {{ {member} }}").AssertDiagnostic("XEPT0304", refuse);
        const string require = "RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", When = \"Bad\")";
        Run($"{List} [{require}] static partial class C {{ {member} }}").AssertDiagnostic("XEPT0304", require);
    }

    [Fact]
    public void XEPT0304_condition_asks_for_a_context_that_the_list_does_not_have()
    {
        const string row = "RefuseIf(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", \"Bad\")";
        Run($"[CheckList(typeof(Argument))] [{row}] static partial class C {{ static bool Bad(in Context context) => true; }}")
            .AssertDiagnostic("XEPT0304", row);
    }

    [Theory]
    [InlineData("RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"arm\")", "a number, an enum or an inline array")]
    [InlineData("RefuseIf(1, \"BIND-001\", Errno.EINVAL, \"s\", \"arm\", nameof(Good))", "a number, an enum or an inline array")]
    [InlineData("RequireAligned(1, \"BIND-001\", Errno.EINVAL, \"s\", 8, \"reserved\")", "a number")]
    [InlineData("RequireAtMost(1, \"BIND-001\", Errno.EINVAL, \"s\", \"signed\", 8)", "an unsigned number")]
    [InlineData("RequireKnownValue(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\")", "an enum, or a number with Among")]
    [InlineData("RequireKnownValue(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", Among = typeof(int))", "an enum, or a number with Among")]
    [InlineData("RequireKnownFlags(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\")", "an enum")]
    public void XEPT0305_field_does_not_fit_the_check(string row, string need) =>
        Assert.EndsWith($"it must be {need}", RunList(row).AssertDiagnostic("XEPT0305", row), StringComparison.Ordinal);

    [Theory]
    [InlineData("static partial int R(); static partial int R() => 0;")]
    [InlineData("static Rejection R() => default;")]
    [InlineData("static partial Rejection R(); static partial Rejection R() => default;")]
    [InlineData("static partial Rejection R<T>();")]
    [InlineData("static partial Rejection R(uint value);")]
    [InlineData("static partial Rejection R(in ulong value);")]
    [InlineData("static partial Rejection R(ulong one, ulong two);")]
    public void XEPT0306_refusal_cannot_be_written(string method) =>
        Run($"static partial class C {{ [Refusal(\"BIND-001\", Errno.EINVAL, \"f\", \"s\")] {method} }}").AssertDiagnostic("XEPT0306", "R");

    [Fact]
    public void XEPT0306_a_refusal_that_compares_takes_both_values() => Run("""
        static partial class C
        {
            [Refusal("BIND-001", Errno.EINVAL, "f", "s", ComparedWith = "size")] static partial Rejection R(ulong value);
        }
        """).AssertDiagnostic("XEPT0306", "R");

    [Theory]
    [InlineData("")]
    [InlineData("BIND074")]
    [InlineData("BIND-74")]
    [InlineData("bind-074")]
    [InlineData("BIND-0740")]
    [InlineData("-074")]
    [InlineData("BIND-034A")]
    [InlineData("BIND-034ab")]
    [InlineData("BIND-03a")]
    [InlineData("section 1")]
    [InlineData("1 section 1")]
    [InlineData("01 chapter 1")]
    [InlineData("01 section ")]
    public void XEPT0307_rule_id_is_malformed(string ruleId)
    {
        var row = $"RequireZero(1, \"{ruleId}\", Errno.EINVAL, \"s\", \"pad\")";
        RunList(row).AssertDiagnostic("XEPT0307", row);
        var refusal = $"Refusal(\"{ruleId}\", Errno.EINVAL, \"f\", \"s\")";
        Run($"static partial class C {{ [{refusal}] static partial Rejection R(); }}").AssertDiagnostic("XEPT0307", refusal);
    }

    [Theory]
    [InlineData("Errno.Ok")]
    [InlineData("(Errno)22")]
    public void XEPT0308_check_refuses_with_success_or_an_unknown_errno(string errno)
    {
        var row = $"RequireZero(1, \"BIND-001\", {errno}, \"s\", \"pad\")";
        RunList(row).AssertDiagnostic("XEPT0308", row);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("4097")]
    public void XEPT0309_alignment_is_no_power_of_two(string alignment)
    {
        var row = $"RequireAligned(1, \"BIND-001\", Errno.EINVAL, \"s\", {alignment}, \"pad\")";
        Assert.Equal($"Rule BIND-001 asks for an alignment of {alignment}, which is no power of two",
            RunList(row).AssertDiagnostic("XEPT0309", row));
    }

    [Theory]
    [InlineData("Arm")]
    [InlineData("int")]
    [InlineData("string")]
    public void XEPT0310_checked_type_is_no_struct_with_a_C_name(string type) =>
        Run($"[CheckList(typeof({type}))] static partial class C;").AssertDiagnostic("XEPT0310", "C");

    [Theory]
    [InlineData("kind", "(Kind)9", "9")]
    [InlineData("kind", "1", "1")]
    [InlineData("kind", "Errno.EINVAL", "XePt.Uapi.Errno.EINVAL")]
    public void XEPT0311_row_is_picked_by_no_member(string selector, string value, string shown)
    {
        foreach (var name in new[] { "Only", "Except" })
        {
            var row = $"RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", {name} = {value})";
            var message = Run($"[CheckList(typeof(Argument), Selector = \"{selector}\")] [{row}] static partial class C;")
                .AssertDiagnostic("XEPT0311", row);
            Assert.Equal($"Rule BIND-001 is picked by {shown}, which is no member of the enum of the list's Selector", message);
        }
    }

    [Fact]
    public void XEPT0311_row_is_picked_in_a_list_without_selector()
    {
        const string row = "RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", Only = Kind.Zero)";
        RunList(row).AssertDiagnostic("XEPT0311", row);
    }

    [Theory]
    [InlineData("Only")]
    [InlineData("Except")]
    public void XEPT0314_a_member_of_the_selector_is_named_by_no_row(string name)
    {
        const string list = "CheckList(typeof(Argument), Selector = \"kind\", NamesEach = true)";
        string[] rows = [.. new[] { "Zero", "One" }.Select((member, i) =>
            $"[RequireZero({i + 1}, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", {name} = Kind.{member})] ")];
        Assert.Equal("'C' names each member of its selector, but no row has One as its Only or Except",
            Run($"[{list}] {rows[0]} static partial class C;").AssertDiagnostic("XEPT0314", list));
        Assert.Empty(Run($"[{list}] {rows[0]} {rows[1]} static partial class C;").Diagnostics);
        Assert.Empty(Run($"[{list.Replace(", NamesEach = true", "")}] {rows[0]} static partial class C;").Diagnostics);
    }

    [Fact]
    public void XEPT0302_selector_does_not_exist()
    {
        const string list = "CheckList(typeof(Argument), Selector = \"nothing\")";
        Run($"[{list}] static partial class C;").AssertDiagnostic("XEPT0302", list);
    }

    [Theory]
    [InlineData("Selector = \"pad\"")]
    [InlineData("Selector = \"kind\", SelectorType = typeof(CpuCaching)")]
    public void XEPT0305_selector_is_neither_an_enum_nor_a_number_that_stands_for_one(string selector)
    {
        string list = $"CheckList(typeof(Argument), {selector})";
        Run($"[{list}] static partial class C;").AssertDiagnostic("XEPT0305", list);
    }

    [Theory]
    [InlineData("static void Fact() { }")]
    [InlineData("static int Fact<T>() => 0;")]
    [InlineData("static int Fact(Argument argument) => 0;")]
    [InlineData("static int Fact(in Argument one, in Argument two) => 0;")]
    [InlineData("static int Fact(long first) => 0;")]
    [InlineData("static long Fact() => 0;")]
    public void XEPT0312_fact_cannot_be_computed(string method) =>
        Run($"{List} static partial class C {{ [CheckFact] static long First() => 0; [CheckFact] {method} }}")
            .AssertDiagnostic("XEPT0312", "Fact");

    [Theory]
    [InlineData("ComparedWith = \"size\"", "static ulong Size() => 0;")]
    [InlineData("Comparand = \"Size\"", "static ulong Size() => 0;")]
    [InlineData("ComparedWith = \"size\", Comparand = \"Size\"", "static uint Size() => 0;")]
    [InlineData("ComparedWith = \"size\", Comparand = \"Size\"", "static ulong Size(in Argument one, in Argument two) => 0;")]
    [InlineData("ComparedWith = \"size\", Comparand = \"Size\"", "ulong Size() => 0;")]
    public void XEPT0313_comparand_cannot_be_computed(string named, string method)
    {
        var row = $"RequireZero(1, \"BIND-001\", Errno.EINVAL, \"s\", \"pad\", {named})";
        Run($"{List} [{row}] static partial class C {{ {method} }}").AssertDiagnostic("XEPT0313", row);
    }

    private static GeneratorRun RunList(params string[] rows) =>
        Run($"{List} {string.Concat(rows.Select(row => $"[{row}]"))} static partial class C {{ static bool Good() => true; }}");

    private static GeneratorRun Run(string source) => GeneratorHarness.Run(new ValidationRulesGenerator(), $$"""
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace N;

        public struct Arm { [CName("val")] public uint Val; }

        public struct Context;

        public enum Kind { Zero, One }

        [CName("drm_xe_sample")]
        public struct Argument
        {
            [CName("pad")] public uint Pad;
            [CName("signed")] public int Signed;
            [CName("reserved")] public UInt64x2 Reserved;
            [CName("arm")] public Arm Arm;
            [CName("kind")] public Kind Kind;
        }

        {{source}}
        """);
}
