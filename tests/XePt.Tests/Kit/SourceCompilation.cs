using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace XePt.Tests.Kit;

/// <summary>Sources of the engine as the compiler sees them. Bodies that a generator writes are missing.</summary>
internal static class SourceCompilation
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly ConditionalWeakTable<CSharpCompilation, ConcurrentDictionary<SyntaxTree, SemanticModel>> s_models = [];

    /// <summary>Compiles.</summary>
    /// <param name="sources">Path below the root, with <c>/</c>, and text of each file.</param>
    public static CSharpCompilation Of(IEnumerable<(string Path, string Text)> sources)
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest);
        return CSharpCompilation.Create(
            "XePt.PtEngine",
            sources.Select(source => CSharpSyntaxTree.ParseText(source.Text, options, source.Path))
                .Append(CSharpSyntaxTree.ParseText(ImplicitUsings, options, "Usings.cs")),
            References(),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
    }

    /// <summary>What the compiler knows of a file. Kept with the compilation: what was bound for one question serves the next.</summary>
    public static SemanticModel ModelOf(CSharpCompilation compilation, SyntaxTree tree) =>
        s_models.GetOrCreateValue(compilation).GetOrAdd(tree, _ => compilation.GetSemanticModel(tree));

    // What the tests run on: the framework, and the assemblies under the engine, but not the engine itself.
    private static IEnumerable<MetadataReference> References() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is not "XePt.PtEngine.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
}
