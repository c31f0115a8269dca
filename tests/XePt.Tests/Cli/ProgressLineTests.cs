using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>The line that says how far long work is.</summary>
public class ProgressLineTests
{
    [Fact]
    public void It_shows_each_percent_once_never_goes_back_and_goes_away()
    {
        using var output = new StringWriter();
        using (var line = new ProgressLine(output, width: 80, "verify", 2000))
        {
            line.Report(1000);
            line.Report(1001);
            line.Report(400);
            line.Report(2000);
        }

        string empty = new('.', 40), half = new string('#', 20) + new string('.', 20), full = new('#', 40);
        Assert.Equal(
            $"\rverify [{empty}] 0 %\rverify [{half}] 50 %\rverify [{full}] 100 %\r\e[K", output.ToString());
    }

    /// <summary>A line that is wider than the terminal leaves a line behind at every report.</summary>
    [Theory]
    [InlineData(80, "verify", "verify [........................................] 0 %")]
    [InlineData(60, "replaying traces/of/a-game.xetrace", "replaying traces/of/a-game.xetrace [................] 0 %")]
    [InlineData(40, "replaying traces/first-frame.xetrace", "...rst-frame.xetrace [..........] 0 %")]
    [InlineData(24, "replaying traces/first-frame.xetrace", "...e [..........] 0 %")]
    [InlineData(20, "replaying traces/first-frame.xetrace", " [..........] 0 %")]
    [InlineData(5, "verify", " [] 0 %")]
    public void It_fits_the_terminal(int width, string title, string line)
    {
        using var output = new StringWriter();
        _ = new ProgressLine(output, width, title, 100);
        Assert.Equal($"\r{line}", output.ToString());
    }
}
