using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace XePt.Generators.Tests;

/// <summary>Runs one generator on source texts that see XePt.Uapi and the base class library.</summary>
internal static class GeneratorHarness
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview);

    private static readonly ImmutableArray<MetadataReference> References = FindReferences();

    /// <summary>Runs <paramref name="generator"/> once.</summary>
    public static GeneratorRun Run(IIncrementalGenerator generator, params string[] sources)
    {
        var compilation = Compile(sources);
        var driver = CreateDriver(generator).RunGeneratorsAndUpdateCompilation(compilation, out var output, out _, TestContext.Current.CancellationToken);
        return new GeneratorRun(driver.GetRunResult().Results.Single(), output);
    }

    /// <summary>
    /// Runs the generator, adds an unrelated file, runs it again, and asserts that every step the generator named and
    /// every output came from the cache.
    /// </summary>
    public static void AssertSecondRunIsCached(IIncrementalGenerator generator, params string[] sources)
    {
        var compilation = Compile(sources);
        var unrelated = CSharpSyntaxTree.ParseText("class Unrelated;", ParseOptions, cancellationToken: TestContext.Current.CancellationToken);
        var result = CreateDriver(generator)
            .RunGenerators(compilation, TestContext.Current.CancellationToken)
            .RunGenerators(compilation.AddSyntaxTrees(unrelated), TestContext.Current.CancellationToken)
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

    private static CSharpCompilation Compile(string[] sources)
    {
        var trees = sources.Select((text, index) => CSharpSyntaxTree.ParseText(text, ParseOptions, $"Source{index}.cs"));
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable);
        return CSharpCompilation.Create("GeneratorInput", trees, References, options);
    }

    private static CSharpGeneratorDriver CreateDriver(IIncrementalGenerator generator) => CSharpGeneratorDriver.Create(
        [generator.AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>The compiler's own inputs change with any edit; only the steps a generator names say something about it.</summary>
    private static bool IsOfTheCompiler(string step) =>
        step.Contains("_ForAttribute", StringComparison.Ordinal) ||
        step is "Compilation" or "CompilationOptions" or "ParseOptions" or "AdditionalTexts" or "SyntaxTrees" or "AnalyzerConfigOptions" or "MetadataReferences";

    private static ImmutableArray<MetadataReference> FindReferences()
    {
        var platform = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!;
        return platform.Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name == "XePt.Uapi.dll"))
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path))
            .ToImmutableArray();
    }
}
