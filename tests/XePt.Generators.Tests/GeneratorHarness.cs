using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace XePt.Generators.Tests;

/// <summary>Runs one generator on source texts that see XePt.Uapi and the base class library.</summary>
internal static class GeneratorHarness
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview);

    private static readonly CSharpCompilationOptions CompilationOptions = new(
        OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);

    private static readonly ImmutableArray<MetadataReference> References = FindReferences();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Runs <paramref name="generator"/> once.</summary>
    public static GeneratorRun Run(IIncrementalGenerator generator, params string[] sources)
    {
        var compilation = Compile(sources);
        var driver = CreateDriver(generator).RunGeneratorsAndUpdateCompilation(compilation, out var output, out _, Cancellation);
        return new GeneratorRun(driver.GetRunResult().Results.Single(), output);
    }

    /// <summary>Runs the generator on <paramref name="before"/> and, keeping what it cached, on <paramref name="after"/>.</summary>
    /// <remarks>Both have the same number of files; files with the same text in both count as not edited.</remarks>
    public static GeneratorRun RunAfterEdit(IIncrementalGenerator generator, string[] before, string[] after)
    {
        var compilation = Compile(before);
        var edited = compilation;
        foreach (var (tree, newText) in compilation.SyntaxTrees.Zip(after))
        {
            if (tree.ToString() != newText)
                edited = edited.ReplaceSyntaxTree(tree, CSharpSyntaxTree.ParseText(newText, ParseOptions, tree.FilePath));
        }

        var driver = CreateDriver(generator).RunGenerators(compilation, Cancellation)
            .RunGeneratorsAndUpdateCompilation(edited, out var output, out _, Cancellation);
        return new GeneratorRun(driver.GetRunResult().Results.Single(), output);
    }

    /// <summary>
    /// Runs the generator, adds an unrelated file, runs it again, and asserts that every step the generator named and
    /// every output came from the cache.
    /// </summary>
    public static void AssertSecondRunIsCached(IIncrementalGenerator generator, params string[] sources)
    {
        var compilation = Compile(sources);
        var unrelated = CSharpSyntaxTree.ParseText("class Unrelated;", ParseOptions, cancellationToken: Cancellation);
        var result = CreateDriver(generator)
            .RunGenerators(compilation, Cancellation)
            .RunGenerators(compilation.AddSyntaxTrees(unrelated), Cancellation)
            .GetRunResult().Results.Single();

        var named = result.TrackedSteps.Where(step => !IsOfTheCompiler(step.Key)).ToList();
        Assert.NotEmpty(named);
        Assert.NotEmpty(result.TrackedOutputSteps);
        foreach (var (name, runs) in named.Concat(result.TrackedOutputSteps))
        {
            var reasons = runs.SelectMany(run => run.Outputs, (_, output) => output.Reason);
            Assert.All(reasons, reason => Assert.True(
                reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"step {name} was {reason}"));
        }
    }

    /// <summary>Under the name of this assembly, because the attributes are visible to friends of XePt.Uapi only.</summary>
    private static CSharpCompilation Compile(string[] sources)
    {
        var trees = sources.Select((text, index) => CSharpSyntaxTree.ParseText(text, ParseOptions, $"Source{index}.cs"));
        return CSharpCompilation.Create("XePt.Generators.Tests", trees, References, CompilationOptions);
    }

    private static CSharpGeneratorDriver CreateDriver(IIncrementalGenerator generator) => CSharpGeneratorDriver.Create(
        [generator.AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The compiler's own inputs change with any edit; only the steps a generator names say something about it.</summary>
    private static bool IsOfTheCompiler(string step) =>
        step.Contains("_ForAttribute", StringComparison.Ordinal) ||
        step is "Compilation" or "CompilationOptions" or "ParseOptions" or "AdditionalTexts"
            or "SyntaxTrees" or "AnalyzerConfigOptions" or "MetadataReferences";

    private static ImmutableArray<MetadataReference> FindReferences()
    {
        var platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return platform.Split(Path.PathSeparator)
            .Where(path => IsVisibleToSources(Path.GetFileName(path)))
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path))
            .ToImmutableArray();
    }

    private static bool IsVisibleToSources(string assembly) =>
        assembly == "XePt.Uapi.dll" || assembly.StartsWith("System.", StringComparison.Ordinal);
}
