using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using XePt.Schedules.Exploring;

namespace XePt.Schedules.Mutants;

/// <summary>
/// The production code and the protocols of this assembly, compiled once more with all bugs in it; those that a test names are awake. The
/// sources are embedded, so they are the ones this assembly was made of.
/// </summary>
internal static class Mutant
{
    private const string SourcePrefix = "source/";

    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions s_parsing = new(LanguageVersion.Preview);
    private static readonly Lazy<Assembly> s_assembly = new(Compile);

    /// <summary>Makes a protocol that runs on the mutated code.</summary>
    /// <typeparam name="TProtocol">The protocol.</typeparam>
    /// <param name="bugs">The bugs to plant.</param>
    /// <param name="arguments">Of the protocol's constructor.</param>
    public static Func<Protocol> Of<TProtocol>(string[] bugs, params object[] arguments)
        where TProtocol : Protocol
    {
        Assert.Subset(Bug.Edits.Select(edit => edit.Bug).ToHashSet(), bugs.ToHashSet());
        Type planted = s_assembly.Value.GetType(typeof(Planted).FullName!, throwOnError: true)!;
        Type mutated = s_assembly.Value.GetType(typeof(TProtocol).FullName!, throwOnError: true)!;
        planted.GetProperty(nameof(Planted.Bugs))!.SetValue(null, bugs);
        object[] own = [.. arguments.Select(argument => argument is Enum ? OwnEnum(argument) : argument)];
        return () => (Protocol)Activator.CreateInstance(mutated, own)!;
    }

    /// <summary>A value of an enum of the protocols, as the mutated code's own.</summary>
    private static object OwnEnum(object value) =>
        Enum.ToObject(s_assembly.Value.GetType(value.GetType().FullName!, throwOnError: true)!, value);

    private static Assembly Compile()
    {
        Assembly self = typeof(Mutant).Assembly;
        IEnumerable<SyntaxTree> trees = self.GetManifestResourceNames()
            .Where(name => name.StartsWith(SourcePrefix, StringComparison.Ordinal))
            .Select(name => Mutate(name[SourcePrefix.Length..], Read(self, name)))
            .Append(Parse("Usings.cs", ImplicitUsings));
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Enable);
        CSharpCompilation compilation = CSharpCompilation.Create("XePt.Mutant", trees, FindReferences(), options);

        using var image = new MemoryStream();
        EmitResult result = compilation.Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(
            result.Success, string.Join('\n', result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
        return Assembly.Load(image.ToArray());
    }

    private static SyntaxTree Mutate(string file, string source) =>
        Parse(file, Bug.Edits.Where(edit => edit.File == file).Aggregate(source, (text, edit) => edit.ApplyTo(text)));

    private static SyntaxTree Parse(string file, string text) =>
        CSharpSyntaxTree.ParseText(SourceText.From(text, Encoding.UTF8), s_parsing, file);

    private static string Read(Assembly self, string name)
    {
        using var reader = new StreamReader(self.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static ImmutableArray<MetadataReference> FindReferences() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => IsVisible(Path.GetFileName(path)))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private static bool IsVisible(string assembly) =>
        assembly is "XePt.Uapi.dll" or "XePt.Schedules.dll" || assembly.StartsWith("System.", StringComparison.Ordinal);
}
