using System.Text.RegularExpressions;

namespace XePt.Tests;

/// <summary>What the documents name is there: source files, and members of types.</summary>
public partial class DocumentTests
{
    private static readonly string[] Sources =
    [
        .. new[] { "src", "bench", "samples", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(file => file.Replace(Path.DirectorySeparatorChar, '/'))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)),
    ];

    [Fact]
    public void Every_source_file_that_a_document_names_exists()
    {
        string[] missing =
        [
            .. from document in Documents()
               from Match name in FileName().Matches(File.ReadAllText(document))
               where !Sources.Any(source => source.EndsWith("/" + name.Groups[1].Value, StringComparison.Ordinal))
               select $"{Path.GetFileName(document)}: {name.Groups[1].Value}",
        ];
        Assert.Equal([], missing);
    }

    [Fact]
    public void Every_member_that_a_document_names_exists()
    {
        // The words of the files that declare a type.
        ILookup<string, HashSet<string>> words = (
            from text in Sources.Select(File.ReadAllText)
            let inFile = Word().Matches(text).Select(match => match.Value).ToHashSet()
            from Match type in TypeName().Matches(text)
            select (Name: type.Groups[1].Value, inFile)).ToLookup(type => type.Name, type => type.inFile);
        string[] missing =
        [
            .. from document in Documents()
               from Match name in MemberName().Matches(File.ReadAllText(document))
               let type = name.Groups[1].Value
               where type != "XePt" && !words[type].Any(inFile => inFile.Contains(name.Groups[2].Value))
               select $"{Path.GetFileName(document)}: {name.Value}",
        ];
        Assert.Equal([], missing);
    }

    // The specification speaks of the reference, and the table of conformance of tests, in words.
    private static IEnumerable<string> Documents()
    {
        string docs = Path.Combine(RepositoryPaths.Root, "docs");
        return Directory.EnumerateFiles(docs, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(docs, "concurrency"), "*.md"))
            .Where(file => Path.GetFileName(file) != "conformance.md");
    }

    [GeneratedRegex(@"`([A-Za-z/.]+\.cs)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"`([A-Z]\w+)\.([A-Z]\w+)`")]
    private static partial Regex MemberName();

    [GeneratedRegex(@"\b(?:(?:record\s+)?(?:class|struct)|interface|enum|record)\s+(\w+)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
