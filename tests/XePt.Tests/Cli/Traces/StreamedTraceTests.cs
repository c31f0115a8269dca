using System.Text.Json;

namespace XePt.Tests.Cli;

/// <summary>Traces whose batches are executed.</summary>
public class StreamedTraceTests
{
    private static readonly string s_sample = CliRun.Sample("batches.xetrace");

    [Theory]
    [InlineData("inline")]
    [InlineData("queued")]
    public void The_sample_leaves_what_its_batches_store(string drive)
    {
        string place = Path.Combine(Path.GetTempPath(), $"xept {Guid.NewGuid():n}.xetrace");
        string text = File.ReadAllText(s_sample).Replace(
            "\"jobs\":\"streamed\"", $"\"jobs\":\"streamed\",\"drive\":\"{drive}\"", StringComparison.Ordinal);
        if (drive == "queued")
        {
            text = string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
                (line, i) => i == 0 ? $"{line}\n" : $"{line}\n{{\"event\":\"pump\"}}\n"));
        }

        File.WriteAllText(place, text);
        try
        {
            Assert.Equal(0, CliRun.Of("run", place, "--expect").ExitCode);
        }
        finally
        {
            File.Delete(place);
        }
    }

    [Fact]
    public void A_batch_that_fails_says_where()
    {
        JsonElement[] calls = [.. CliRun.Json("run", s_sample).GetProperty("calls").EnumerateArray()];
        Assert.Contains(calls, call => call.ToString().Contains(
            "job 3 of queue 1: MI_STORE_DATA_IMM: write at 0x9000000: NotPresent", StringComparison.Ordinal));
    }
}
