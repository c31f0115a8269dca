using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>Writes the untyped entry of the declared ioctls and refuses an ioctl that nobody handles.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class IoctlEntryGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var entries = context.ReportDiagnostics(
            context.SyntaxProvider.ForAttributeWithMetadataName(
                IoctlEntryParser.AttributeName, static (node, _) => node is MethodDeclarationSyntax, IoctlEntryParser.Parse)
                .WithTrackingName("IoctlEntryResults"),
            "IoctlEntries");
        context.RegisterSourceOutput(entries, static (output, entry) =>
            output.AddSource($"{entry.Namespace}.{entry.Name}.Ioctls.g.cs", IoctlEntryEmitter.Emit(entry)));
    }
}
