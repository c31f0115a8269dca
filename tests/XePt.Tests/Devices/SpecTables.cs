namespace XePt.Tests.Devices;

/// <summary>Reads the tables of the specification, so that tests compare against the text people read.</summary>
internal static class SpecTables
{
    /// <summary>The rows, as trimmed cells, of the first table at or below the first line that contains
    /// <paramref name="heading"/>.</summary>
    public static List<string[]> Below(string file, string heading)
    {
        IEnumerable<string> lines = File.ReadLines(Path.Combine(RepositoryPaths.Root, "docs", "spec", file));
        List<string[]> rows = lines
            .SkipWhile(line => !line.Contains(heading, StringComparison.Ordinal))
            .SkipWhile(line => !line.StartsWith('|'))
            .TakeWhile(line => line.StartsWith('|'))
            .Skip(2)
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Replace("*", "", StringComparison.Ordinal).Trim()).ToArray())
            .ToList();
        Assert.NotEmpty(rows);
        return rows;
    }
}
