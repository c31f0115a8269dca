using System.Globalization;
using System.Text;
using System.Text.Json;

namespace XePt.Compare;

/// <summary>The result, for people and for programs.</summary>
/// <param name="Base">The base's commit.</param>
/// <param name="Head">The head's commit.</param>
/// <param name="Threshold">The share of time that counts as a change.</param>
/// <param name="Lines">What was measured.</param>
public sealed record Report(string Base, string Head, double Threshold, IReadOnlyList<Comparison> Lines)
{
    /// <summary>The version of the JSON form.</summary>
    public const int Version = 1;

    /// <summary>Whether no line is slower or allocates more.</summary>
    public bool IsGood => !Lines.Any(line => line.IsRegression);

    /// <summary>Whether nothing can be said of a line's time.</summary>
    public bool IsUnclear => Lines.Any(line => line.Verdict == Verdict.Unclear);

    /// <summary>0 when no line is known to be worse, 1 when one is.</summary>
    /// <param name="isStrict">Whether an unclear line is no success: 3.</param>
    public int ExitCode(bool isStrict) => !IsGood ? 1 : isStrict && IsUnclear ? 3 : 0;

    /// <summary>A table, as forges show it in a comment.</summary>
    public string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"### {Title()}\n\n`{Base}` → `{Head}`, changes from {Threshold:P0} on count.\n\n");
        text.Append("| line | base ns | head ns | ratio | bytes | verdict |\n|---|---:|---:|---:|---:|---|\n");
        foreach (Comparison line in Lines)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {line.Name} | {line.Base.Median:F1} | {line.Head.Median:F1} | {line.Ratio:F3} | {Bytes(line)} | {Word(line)} |\n");
        }

        return text.ToString();
    }

    /// <summary>One object with the lines and all their samples.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            Write(writer);
        return stream.ToArray();
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("version", Version);
        writer.WriteString("base", Base);
        writer.WriteString("head", Head);
        writer.WriteNumber("threshold", Threshold);
        writer.WriteBoolean("good", IsGood);
        writer.WriteBoolean("unclear", IsUnclear);
        writer.WriteStartArray("lines");
        foreach (Comparison line in Lines)
        {
            writer.WriteStartObject();
            writer.WriteString("name", line.Name);
            Write(writer, "base", line.Base);
            Write(writer, "head", line.Head);
            writer.WriteNumber("ratio", line.Ratio);
            writer.WriteString("verdict", line.Verdict.ToString().ToLowerInvariant());
            writer.WriteBoolean("allocates_more", line.AllocatesMore);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, Side side)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("median_ns", side.Median);
        writer.WriteNumber("bytes", side.Bytes);
        writer.WriteStartArray("samples_ns");
        foreach (double time in side.Times)
            writer.WriteNumberValue(time);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private string Title() => Lines.Count(line => line.IsRegression) switch
    {
        0 => "No performance regression",
        1 => "1 performance regression",
        int count => $"{count} performance regressions",
    } + (IsUnclear ? $", {Lines.Count(line => line.Verdict == Verdict.Unclear)} unclear" : "");

    private static string Bytes(Comparison line) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(line.AllocatesMore ? $"{line.Base.Bytes:F0} → " : "")}{line.Head.Bytes:F0}");

    private static string Word(Comparison line)
    {
        string word = line.Verdict switch
        {
            Verdict.Slower => "**slower**",
            Verdict.Unclear => "unclear",
            Verdict.Faster => "faster",
            _ => "same",
        };
        return line.AllocatesMore ? word + ", **allocates more**" : word;
    }
}
