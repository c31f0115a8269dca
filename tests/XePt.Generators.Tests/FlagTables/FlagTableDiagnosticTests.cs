using XePt.Generators.FlagTables;

namespace XePt.Generators.Tests.FlagTables;

public class FlagTableDiagnosticTests
{
    [Fact]
    public void XEPT0201_prefix_fits_no_C_name() =>
        Run("[FlagTable(\"DRM_\")] enum S { [CName(\"XE_ONE\")] One }").AssertDiagnostic("XEPT0201", "S");

    [Theory]
    [InlineData("[CName(\"X_A\")] A = 3")]
    [InlineData("[CName(\"X_A\")] A = 0")]
    [InlineData("[CName(\"X_A\"), BitInProfile(5, XeProfile.SeedOpen)] A = 1")]
    public void XEPT0202_flag_is_not_exactly_one_bit(string member) =>
        Run($"[System.Flags, FlagTable(\"X_\")] enum S {{ {member} }}").AssertDiagnostic("XEPT0202", "A");

    [Theory]
    [InlineData("[System.Flags, FlagTable(\"X_\")] enum S { A = 1, [CName(\"X_B\")] B = 2 }")]
    [InlineData("[FlagTable(\"X_\")] enum S { A = 0, [CName(\"X_B\")] B = 2 }")]
    public void XEPT0203_member_without_C_name(string source) => Run(source).AssertDiagnostic("XEPT0203", "A");

    [Theory]
    [InlineData("[CName(\"X_ONE\")] One, [CName(\"X_one\")] Two", "X_one")]
    [InlineData("[CName(\"X_ONE\")] One, [CName(\"ONE\")] Two", "ONE")]
    [InlineData("[CName(\"X_TWO\")] One, [CName(\"X_ONE\")] Two", "Two")]
    public void XEPT0204_one_name_for_two_members(string members, string name)
    {
        var run = Run($"[FlagTable(\"X_\")] enum S {{ {members} }}");
        Assert.All(run.Diagnostics, diagnostic => Assert.Equal("XEPT0204", diagnostic.Id));
        Assert.Contains($"The name '{name}' already stands for 'One'", run.Diagnostics.Select(diagnostic => diagnostic.GetMessage(null)));
    }

    [Fact]
    public void XEPT0205_value_used_twice() =>
        Run("[FlagTable(\"X_\")] enum S { [CName(\"X_A\")] A = 1, [CName(\"X_B\")] B = 1 }").AssertDiagnostic("XEPT0205", "B");

    [Fact]
    public void XEPT0205_bit_used_twice_in_one_profile()
    {
        var message = Run("""
            [System.Flags, FlagTable("X_")] enum S
            {
                [CName("X_A")] A = 1,
                [CName("X_B"), BitInProfile(1, XeProfile.SeedOpen)] B = 2,
            }
            """).AssertDiagnostic("XEPT0205", "B");
        Assert.Equal("'B' and 'A' share the value 0x1 in SeedOpen", message);
    }

    [Theory]
    [InlineData("OnlyInProfile(XeProfile.Final)")]
    [InlineData("BitInProfile(2, XeProfile.SeedOpen)")]
    public void XEPT0206_restriction_on_an_enum_that_is_no_flags(string restriction) =>
        Run($"[FlagTable(\"X_\")] enum S {{ [CName(\"X_A\"), {restriction}] A = 1 }}").AssertDiagnostic("XEPT0206", "A");

    private static GeneratorRun Run(string declaration) => GeneratorHarness.Run(new FlagTablesGenerator(), $"""
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        {declaration}
        """);
}
