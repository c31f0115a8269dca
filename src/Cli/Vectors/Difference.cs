using System.Text;

namespace XePt.Cli.Vectors;

/// <summary>The first thing in which a case differs from what the vector says.</summary>
/// <param name="What">The thing compared: <c>err</c>, <c>entry</c>, <c>vma</c>.</param>
/// <param name="Expected">What the vector says.</param>
/// <param name="Found">What the engine has.</param>
internal sealed record Difference(string What, string Expected, string Found)
{
    /// <summary>Index of the step in the sequence, from 0, or null outside of sequences.</summary>
    public int? Step { get; init; }

    /// <summary>The step's input as it stands in the file.</summary>
    public string? Input { get; init; }

    /// <summary>Address of the entry, table or VMA.</summary>
    public ulong? Va { get; init; }

    /// <summary>Level of the table.</summary>
    public int? Level { get; init; }

    /// <summary>The readable form: one line that says where, then expected and found below each other.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        if (Step is { } step)
            text.Append("step ").Append(step).Append(": ");
        text.Append(What);
        if (Va is { } va)
            text.Append(" at VA 0x").Append(va.ToString("x", null));
        if (Level is { } level)
            text.Append(", level ").Append(level);
        if (Input is not null)
            text.AppendLine().Append("    input:    ").Append(Input);
        text.AppendLine().Append("    expected: ").Append(Indent(Expected));
        text.AppendLine().Append("    found:    ").Append(Indent(Found));
        return text.ToString();
    }

    private static string Indent(string value) => value.TrimEnd().ReplaceLineEndings(Environment.NewLine + new string(' ', 14));
}
