using System.Text.Json;
using XePt.Compare;

namespace XePt.Tests.Compare;

/// <summary>What is said of two versions whose times are known.</summary>
public class ComparisonTests
{
    private static readonly double[] Noise = [0.97, 0.98, 0.99, 1.0, 1.0, 1.01, 1.02, 1.05];

    [Theory]
    [InlineData(1.0, Verdict.Same)]
    [InlineData(1.01, Verdict.Same)]
    [InlineData(1.1, Verdict.Slower)]
    [InlineData(1.5, Verdict.Slower)]
    [InlineData(0.9, Verdict.Faster)]
    [InlineData(1.05, Verdict.Unclear)]
    public void A_change_beyond_the_threshold_is_found(double factor, Verdict verdict)
    {
        Comparison line = Line(factor);
        Assert.Equal(verdict, line.Verdict);
        Assert.Equal(factor, line.Ratio, 6);
        Assert.Equal(verdict == Verdict.Slower, line.IsRegression);
    }

    [Fact]
    public void Noise_that_hides_a_change_is_called_unclear()
    {
        double[] noisy = [0.6, 0.7, 0.8, 0.9, 1.2, 1.5, 1.8, 2.0];
        Assert.Equal(Verdict.Unclear, Line(1.0, noise: noisy).Verdict);
    }

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(0, 0.2, false)]
    [InlineData(0, 24, true)]
    [InlineData(40, 64, true)]
    [InlineData(64, 40, false)]
    public void More_managed_bytes_are_a_regression_whatever_the_time(double before, double after, bool isMore)
    {
        Comparison line = Line(1.0, before, after);
        Assert.Equal(isMore, line.AllocatesMore);
        Assert.Equal(isMore, line.IsRegression);
    }

    [Fact]
    public void The_report_says_it_to_people_and_programs()
    {
        Comparison slower = Line(1.2) with { Name = "fault" }, larger = Line(1.0, 0, 24);
        var report = new Report("aaa", "bbb", 0.05, [Line(1.0), slower, larger]);
        Assert.False(report.IsGood);
        string text = report.ToMarkdown();
        Assert.Contains("### 2 performance regressions", text);
        Assert.Contains("| fault | 100.0 | 120.0 | 1.200 | 0 | **slower** |", text);
        Assert.Contains("| bind | 100.0 | 100.0 | 1.000 | 0 → 24 | same, **allocates more** |", text);

        using var json = JsonDocument.Parse(report.ToJson());
        Assert.False(json.RootElement.GetProperty("good").GetBoolean());
        JsonElement fault = json.RootElement.GetProperty("lines")[1];
        Assert.Equal("slower", fault.GetProperty("verdict").GetString());
        Assert.Equal(8, fault.GetProperty("head").GetProperty("samples_ns").GetArrayLength());
    }

    [Theory]
    [InlineData("two commits", "main")]
    [InlineData("--what", "a", "b", "--what", "1")]
    [InlineData("no value", "a", "b", "--json")]
    [InlineData("[0.1, 100]", "a", "b", "--threshold", "0")]
    [InlineData("[1, 100]", "a", "b", "--launches", "x")]
    public void A_wrong_call_is_explained(string part, params string[] args)
    {
        using StringWriter output = new(), errors = new();
        Assert.Equal(2, CompareCommand.Run(args, RepositoryPaths.Root, output, errors));
        Assert.Contains(part, errors.ToString());
        Assert.Contains("--threshold PERCENT", errors.ToString());
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void A_commit_that_is_not_there_is_explained()
    {
        using StringWriter output = new(), errors = new();
        Assert.Equal(2, CompareCommand.Run(["no-such-commit", "."], RepositoryPaths.Root, output, errors));
        Assert.Contains("no-such-commit", errors.ToString());
    }

    private static Comparison Line(double factor, double before = 0, double after = 0, double[]? noise = null)
    {
        double[] times = Array.ConvertAll(noise ?? Noise, share => share * 100);
        var head = new Side(Array.ConvertAll(times, time => time * factor), after);
        return new Comparison("bind", new Side(times, before), head, Threshold: 0.05, Chance: 0.01);
    }
}
