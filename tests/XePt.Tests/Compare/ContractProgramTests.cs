namespace XePt.Tests.Compare;

/// <summary>What the program of the contract answers before it measures anything, and to a line that counts.</summary>
public sealed class ContractProgramTests
{
    [Theory]
    [InlineData("unknown option --jsn", "--jsn", "file")]
    [InlineData("--json needs a value", "--json")]
    [InlineData("--margin needs a value", "--margin", "much")]
    [InlineData("no line is of category P77 or has it in its name", "P77")]
    [InlineData("no line is of category P77 or has it in its name", "--list", "P12", "P77")]
    public void What_it_does_not_understand_it_refuses(string complaint, params string[] arguments) =>
        Assert.StartsWith(complaint, BenchPrograms.Run("XePt.Contract", 2, arguments), StringComparison.Ordinal);

    [Fact]
    public void A_line_that_counts_ends_with_the_time_it_took()
    {
        string[] lines = BenchPrograms.Run("XePt.Contract", 0, "managed bytes of a fence").TrimEnd().Split('\n');
        Assert.Equal(3 + 1, lines.Length);
        Assert.Matches(@"^P12 +≤ 0 +0\.000 +0\.000 +0\.000 .* met +managed bytes of a fence$", lines[2]);
        Assert.Matches(@"^1 met, in 0:\d\d minutes$", lines[3]);
    }

    [Fact]
    public void What_cannot_be_measured_is_a_failure_unless_it_is_allowed()
    {
        string[] line = ["--tool", "there/is/no/such/tool", "Start-up"];
        Assert.Contains("1 unmeasured", BenchPrograms.Run("XePt.Contract", 1, line), StringComparison.Ordinal);
        Assert.Contains("1 unmeasured", BenchPrograms.Run("XePt.Contract", 0, ["--allow-unmeasured", .. line]), StringComparison.Ordinal);
    }
}
