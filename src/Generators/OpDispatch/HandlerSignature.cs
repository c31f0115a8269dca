using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Reads the signature of a handler.</summary>
internal static class HandlerSignature
{
    private static readonly SymbolDisplayFormat TypeFormat = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static SignatureModel Of(IMethodSymbol method) => new(
        method.ReturnType.ToDisplayString(TypeFormat),
        HasPointer(method.ReturnType) || method.Parameters.Any(static parameter => HasPointer(parameter.Type)),
        method.Parameters.Select(Read).ToEquatableArray());

    /// <summary>The name as source code writes it.</summary>
    public static string Escaped(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    private static ParameterModel Read(IParameterSymbol parameter)
    {
        var (declared, pass) = parameter.RefKind switch
        {
            RefKind.Ref => ("ref ", "ref "),
            RefKind.Out => ("out ", "out "),
            RefKind.In => ("in ", "in "),
            RefKind.RefReadOnlyParameter => ("ref readonly ", "in "),
            _ => ("", ""),
        };

        // 'out' is scoped by itself and must not say so.
        var scope = parameter is { ScopedKind: not ScopedKind.None, RefKind: not RefKind.Out } ? "scoped " : "";
        return new ParameterModel(scope + declared + parameter.Type.ToDisplayString(TypeFormat), pass, Escaped(parameter.Name));
    }

    private static bool HasPointer(ITypeSymbol type) => type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer;
}
