namespace XePt.Tests;

/// <summary>No line of source is longer than 140 columns.</summary>
public class LineLengthTests
{
    private const int Most = 140;

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    [InlineData("samples")]
    public void No_line_of_source_is_longer(string folder)
    {
        string[] files = [.. Sources(Path.Combine(RepositoryPaths.Root, folder))];
        Assert.NotEmpty(files);
        Assert.Equal([], files.SelectMany(file => TooLong(file, File.ReadLines(file))));
    }

    [Fact]
    public void A_longer_line_is_seen() =>
        Assert.Equal(["a.cs:2"], TooLong("a.cs", [new string('x', Most), new string('x', Most + 1), ""]));

    private static IEnumerable<string> TooLong(string file, IEnumerable<string> lines) =>
        lines.Index().Where(line => line.Item.Length > Most).Select(line => $"{file}:{line.Index + 1}");

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(folder, "*.cs").Concat(
        Directory.EnumerateDirectories(folder).Where(path => Path.GetFileName(path) is not ("bin" or "obj")).SelectMany(Sources));
}
