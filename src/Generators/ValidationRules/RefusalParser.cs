using System.Threading;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Reads a method with <c>[Refusal]</c>.</summary>
internal static class RefusalParser
{
    public const string AttributeName = SpecNames.Namespace + "RefusalAttribute";
    private const string ResultType = "XePt.Uapi.Rejection";

    public static ModelOrDiagnostics<RefusalModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var method = (IMethodSymbol)context.TargetSymbol;
        if (!ClassForm.IsExtensible(method.ContainingType))
            return ModelOrDiagnostics<RefusalModel>.Of(DiagnosticInfo.At(method, CheckDiagnostics.ClassForm, method.ContainingType.Name));
        var attribute = context.Attributes[0];
        var comparedWith = attribute.Named<string>("ComparedWith");
        if (!CanBeWritten(method) || method.Parameters.Length == 2 != comparedWith is not null)
            return ModelOrDiagnostics<RefusalModel>.Of(DiagnosticInfo.At(method, CheckDiagnostics.RefusalForm, method.Name));

        var diagnostics = new List<DiagnosticInfo>();
        var rule = RuleHead.Read(attribute, 0, diagnostics);
        return ModelOrDiagnostics<RefusalModel>.Of(diagnostics, () => new RefusalModel(
            method.ContainingNamespace.ToDisplayString(),
            method.ContainingType.Name,
            ClassForm.Keyword(method.DeclaredAccessibility),
            method.Name,
            method.Parameters.FirstOrDefault()?.Name,
            rule!,
            attribute.Positional<string>(2) ?? "",
            attribute.Positional<string>(3) ?? "")
        {
            Comparand = comparedWith is null ? null : new ComparandModel(comparedWith, method.Parameters[1].Name),
        });
    }

    private static bool CanBeWritten(IMethodSymbol method) =>
        method is { IsPartialDefinition: true, PartialImplementationPart: null, IsGenericMethod: false, RefKind: RefKind.None }
        && method.ReturnType.ToDisplayString() == ResultType
        && method.Parameters.Length <= 2
        && method.Parameters.All(static parameter => parameter is { RefKind: RefKind.None, Type.SpecialType: SpecialType.System_UInt64 });
}
