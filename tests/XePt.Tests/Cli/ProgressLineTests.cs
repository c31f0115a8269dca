using XePt.Cli.Console;

namespace XePt.Tests.Cli;

/// <summary>The line that says how far long work is.</summary>
public class ProgressLineTests
{
    [Fact]
    public void It_shows_each_percent_once_never_goes_back_and_goes_away()
    {
        using var output = new StringWriter();
        using (var line = new ProgressLine(output, "verify", 2000))
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
}
