using System.Threading;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Reads a class with <c>[CheckCatalog]</c>.</summary>
internal static class CheckCatalogParser
{
    public const string AttributeName = SpecNames.Namespace + "CheckCatalogAttribute";

    public static ModelOrDiagnostics<CheckCatalogModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var @class = (INamedTypeSymbol)context.TargetSymbol;
        return ClassForm.IsExtensible(@class)
            ? ModelOrDiagnostics<CheckCatalogModel>.Of(new CheckCatalogModel(
                @class.ContainingNamespace.ToDisplayString(), @class.Name, ClassForm.Keyword(@class.DeclaredAccessibility)))
            : ModelOrDiagnostics<CheckCatalogModel>.Of(DiagnosticInfo.At(@class, CheckDiagnostics.ClassForm, @class.Name));
    }
}
