using System.CommandLine;
using System.Text.RegularExpressions;
using XePt.Cli;

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

    /// <summary>Command lines of the tool, in README and the documents: verbs and options are those that there are, and so are the files
    /// that come with the repository.</summary>
    [Fact]
    public void Every_command_line_that_a_document_shows_is_understood()
    {
        RootCommand tool = XeptTool.Create();
        var wrong = new List<string>();
        int seen = 0;
        foreach ((string document, string line) in CommandLines())
        {
            seen++;
            // What follows -- is another program's.
            string[] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word != "--")];
            Command? verb = tool.Subcommands.FirstOrDefault(known => known.Name == words[0]);
            string[] options = [.. (verb?.Options ?? []).Concat(tool.Options).SelectMany(option => option.Aliases.Append(option.Name))];
            if (verb is null && words[0] is not ("help" or "VERB" or "--help" or "--version"))
                wrong.Add($"{document}: no verb '{words[0]}' in: xept {line}");
            else if (verb is not null && words.FirstOrDefault(word => word.StartsWith('-') && word != "-" && !options.Contains(word))
                is { } option)
                wrong.Add($"{document}: no option '{option}' in: xept {line}");
            wrong.AddRange(words.Where(word => word.StartsWith("samples/", StringComparison.Ordinal)
                    || word.StartsWith("tests/", StringComparison.Ordinal))
                .Where(word => !Path.Exists(Path.Combine(RepositoryPaths.Root, word))).Select(word => $"{document}: no {word}"));
        }

        Assert.Equal([], wrong);
        Assert.True(seen > 40, $"only {seen} command lines were found");
    }

    [Fact]
    public void Every_verb_and_option_is_in_the_document_of_the_tool()
    {
        string text = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "cli.md"));
        RootCommand tool = XeptTool.Create();
        Assert.All(tool.Subcommands, verb => Assert.Contains($"`{verb.Name}", text, StringComparison.Ordinal));
        string[] missing = [.. tool.Subcommands.SelectMany(verb => verb.Options).Concat(tool.Options).Select(option => option.Name)
            .Distinct().Where(option => !Regex.IsMatch(text, $"{option}(?![a-z-])"))];
        Assert.Equal([], missing);
    }

    /// <summary>A class that is called otherwise by now would not be missed: nothing of it runs.</summary>
    [Fact]
    public void Every_class_and_namespace_of_tests_that_CI_names_exists()
    {
        Type[] types = typeof(DocumentTests).Assembly.GetTypes();
        string?[] known = [.. types.Select(type => type.FullName), .. types.Select(type => type.Namespace)];
        string script = File.ReadAllText(Path.Combine(RepositoryPaths.Root, ".ci", "run"));
        string[] named = [.. TestName().Matches(script).Select(match => match.Value)];
        Assert.NotEmpty(named);
        Assert.Equal([], named.Except(known));
    }

    /// <summary>What follows <c>xept</c>, or what stands for it in a clone, in code: a line of a block, or a piece between
    /// backticks.</summary>
    private static IEnumerable<(string Document, string Line)> CommandLines() =>
        from document in Documents().Append(Path.Combine(RepositoryPaths.Root, "README.md"))
            .Append(Path.Combine(RepositoryPaths.Root, "CONTRIBUTING.md"))
            .Concat(Directory.EnumerateFiles(
                Path.Combine(RepositoryPaths.Root, "src"), "README.md", SearchOption.AllDirectories))
        from Match line in CommandLine().Matches(File.ReadAllText(document))
        select (Path.GetFileName(document), line.Groups[1].Value.Trim().TrimEnd(','));

    // The specification speaks of the reference, and the table of conformance of tests, in words.
    private static IEnumerable<string> Documents()
    {
        string docs = Path.Combine(RepositoryPaths.Root, "docs");
        return Directory.EnumerateFiles(docs, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(docs, "concurrency"), "*.md"))
            .Where(file => Path.GetFileName(file) != "conformance.md");
    }

    [GeneratedRegex(@"(?:(?:^|`)xept|src/Cli(?:\.Profile)?(?: -c Release)? --) ([^`\n|>#<]+)", RegexOptions.Multiline)]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"\bXePt\.Tests(?:\.\w+)+")]
    private static partial Regex TestName();

    [GeneratedRegex(@"`([A-Za-z/.]+\.cs)`")]
    private static partial Regex FileName();

    [GeneratedRegex(@"`([A-Z]\w+)\.([A-Z]\w+)`")]
    private static partial Regex MemberName();

    [GeneratedRegex(@"\b(?:(?:record\s+)?(?:class|struct)|interface|enum|record)\s+(\w+)")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();
}
