using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;

namespace XePt.Generators.Tests;

/// <summary>The outcome of one generator run.</summary>
internal sealed class GeneratorRun(GeneratorRunResult result, Compilation output)
{
    /// <summary>The diagnostics that the generator reported.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => result.Diagnostics;

    /// <summary>All generated files: hint name and text, in a fixed order.</summary>
    public IReadOnlyList<(string HintName, string Text)> Sources { get; } = result.GeneratedSources
        .Select(source => (source.HintName, source.SourceText.ToString()))
        .OrderBy(source => source.HintName, StringComparer.Ordinal)
        .ToList();

    /// <summary>What the compiler objects to, in the input and in what was generated.</summary>
    public IReadOnlyList<Diagnostic> Errors { get; } =
        [.. output.GetDiagnostics(TestContext.Current.CancellationToken)
            .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)];

    /// <summary>Asserts that the generator did not throw, reported nothing, and that its output compiles with the input.</summary>
    public GeneratorRun AssertClean()
    {
        Assert.Null(result.Exception);
        Assert.Empty(Diagnostics);
        Assert.Empty(Errors);
        return this;
    }

    /// <summary>Asserts that exactly one diagnostic was reported, with this id, at this source text.</summary>
    /// <param name="id">For example <c>XEPT0101</c>.</param>
    /// <param name="at">The source text that the diagnostic underlines.</param>
    /// <returns>The message.</returns>
    public string AssertDiagnostic(string id, string at)
    {
        Assert.Null(result.Exception);
        var diagnostic = Assert.Single(Diagnostics);
        Assert.Equal(id, diagnostic.Id);
        var tree = output.SyntaxTrees.Single(tree => tree.FilePath == diagnostic.Location.GetLineSpan().Path);
        Assert.Equal(at, tree.GetText(TestContext.Current.CancellationToken).ToString(diagnostic.Location.SourceSpan));
        return diagnostic.GetMessage(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Compares all generated text, or only the file <paramref name="hintName"/>, with <c>Golden/{name}.verified.txt</c> beside the
    /// calling test. <c>XEPT_UPDATE_GOLDEN=1</c> writes the file instead.
    /// </summary>
    public GeneratorRun AssertGolden(string name, string? hintName = null, [CallerFilePath] string callerPath = "")
    {
        var folder = Path.GetFileName(Path.GetDirectoryName(callerPath))!;
        var path = Path.Combine(RepositoryPaths.Root, "tests", "XePt.Generators.Tests", folder, "Golden", name + ".verified.txt");
        var compared = Sources.Where(source => hintName is null || source.HintName == hintName);
        var actual = string.Concat(compared.Select(source => $"==== {source.HintName}\n{source.Text}"));
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; run with XEPT_UPDATE_GOLDEN=1");
        Assert.Equal(File.ReadAllText(path), actual);
        return this;
    }
}
