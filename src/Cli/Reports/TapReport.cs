using System.Text.Json;
using XePt.Cli.Console;

namespace XePt.Cli.Reports;

/// <summary>Verdicts in the Test Anything Protocol, version 14.</summary>
internal static class TapReport
{
    public static void Write(TextWriter output, IReadOnlyList<TraceVerdict> verdicts)
    {
        output.Write("TAP version 14\n");
        output.Write($"1..{verdicts.Count}\n");
        for (int i = 0; i < verdicts.Count; i++)
        {
            output.Write($"{(verdicts[i].IsGood ? "ok" : "not ok")} {i + 1} - {Escape(verdicts[i].Path)}\n");
            if (!verdicts[i].IsGood)
                WriteFaults(output, verdicts[i]);
        }
    }

    /// <summary>A diagnostic block is YAML, of which JSON strings are a part.</summary>
    private static void WriteFaults(TextWriter output, TraceVerdict verdict)
    {
        output.Write("  ---\n");
        output.Write($"  severity: {(verdict.Malformed is null ? "fail" : "error")}\n");
        output.Write("  faults:\n");
        foreach (string fault in verdict.Faults)
            output.Write($"    - {Quote(fault)}\n");
        output.Write("  ...\n");
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JsonStyle.Options.Encoder)}\"";

    /// <summary>A hash sign would begin a directive.</summary>
    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("#", "\\#", StringComparison.Ordinal).ReplaceLineEndings(" ");
}
