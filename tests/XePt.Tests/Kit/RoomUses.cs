using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace XePt.Tests.Kit;

/// <summary>
/// Which rooms the files of the engine use, seen as the compiler sees them: by the types behind every name, not by what stands in
/// <c>using</c> lines. The room of a file is its first folder, and that of a type is the room of the file that declares it, whatever its
/// namespace.
/// </summary>
/// <param name="compilation">The sources.</param>
internal sealed class RoomUses(CSharpCompilation compilation)
{
    /// <summary>A use of a type of another room.</summary>
    /// <param name="File">The file that uses it, below the root.</param>
    /// <param name="Room">Its room.</param>
    /// <param name="Type">The type.</param>
    /// <param name="UsedRoom">The type's room.</param>
    public readonly record struct Use(string File, string Room, string Type, string UsedRoom);

    /// <summary>The first folder of a path; a file of the root has none.</summary>
    public static string RoomOf(string path) => path.IndexOf('/') is > 0 and int end ? path[..end] : "";

    /// <summary>
    /// Declarations in which a name means nothing to the compiler, because a reference is missing: a use of that type would stay unseen.
    /// Bodies that a generator writes are missing on purpose (CS8795); what they use is used by the handlers, too.
    /// </summary>
    public IEnumerable<string> Unresolved() =>
        compilation.GetDeclarationDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error && found.Id != "CS8795")
            .Select(found => found.ToString());

    /// <summary>Every use of a type of another room, once per file and type.</summary>
    public IEnumerable<Use> All() =>
        compilation.SyntaxTrees.AsParallel().SelectMany(UsesOf).OrderBy(use => use.File, StringComparer.Ordinal);

    private List<Use> UsesOf(SyntaxTree tree)
    {
        string room = RoomOf(tree.FilePath);
        SemanticModel model = SourceCompilation.ModelOf(compilation, tree);
        var types = new HashSet<INamedTypeSymbol>(SymbolEqualityComparer.Default);
        foreach (SyntaxNode node in tree.GetRoot().DescendantNodes())
        {
            if (node is UsingDirectiveSyntax or NamespaceDeclarationSyntax)
                continue;
            if (node is SimpleNameSyntax or BaseObjectCreationExpressionSyntax or ElementAccessExpressionSyntax
                or ConstructorInitializerSyntax or AttributeSyntax)
                Add(types, model.GetSymbolInfo(node).Symbol);
            if (node is ExpressionSyntax expression)
                AddType(types, model.GetTypeInfo(expression).Type);
        }

        // A partial type whose parts lie in several rooms is used in all of them.
        return [.. from type in types
                   from used in type.DeclaringSyntaxReferences.Select(declaration => RoomOf(declaration.SyntaxTree.FilePath)).Distinct()
                   where used != room
                   select new Use(tree.FilePath, room, type.Name, used)];
    }

    // Of a member, the type that declares it.
    private static void Add(HashSet<INamedTypeSymbol> types, ISymbol? symbol) =>
        AddType(types, symbol as ITypeSymbol ?? symbol?.ContainingType);

    private static void AddType(HashSet<INamedTypeSymbol> types, ITypeSymbol? type)
    {
        switch (type)
        {
            case IArrayTypeSymbol array:
                AddType(types, array.ElementType);
                break;
            case IPointerTypeSymbol pointer:
                AddType(types, pointer.PointedAtType);
                break;
            case INamedTypeSymbol named:
                types.Add(named.OriginalDefinition);
                foreach (ITypeSymbol argument in named.TypeArguments)
                    AddType(types, argument);
                break;
            default:
                break;
        }
    }
}
