namespace XePt.Schedules.Mutants;

/// <summary>A change to one file of the production code that takes effect while a bug is planted.</summary>
/// <param name="Bug">Name of the bug.</param>
/// <param name="File">Name of the file.</param>
/// <param name="Old">Text that the file has exactly once.</param>
/// <param name="New">Text in its place, which does the same unless <c>PLANTED</c> is true.</param>
internal sealed record Edit(string Bug, string File, string Old, string New)
{
    public string ApplyTo(string source)
    {
        int at = source.IndexOf(Old, StringComparison.Ordinal);
        Assert.True(at >= 0, $"{File} no longer has the text that '{Bug}' replaces: {Old}");
        Assert.True(source.IndexOf(Old, at + 1, StringComparison.Ordinal) < 0, $"{File} has the text of '{Bug}' more than once: {Old}");
        return source[..at] + New.Replace("PLANTED", $"global::XePt.Planted.Is(\"{Bug}\")", StringComparison.Ordinal)
            + source[(at + Old.Length)..];
    }
}
