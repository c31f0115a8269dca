using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Finds the condition methods of a check list and writes the calls to them.</summary>
internal sealed class ConditionResolver(
    INamedTypeSymbol @class, INamedTypeSymbol argument, INamedTypeSymbol? context, List<DiagnosticInfo> diagnostics)
{
    /// <summary>The call of a condition, or null when it has the wrong form, which is then reported.</summary>
    public string? Call(string? name, LocationInfo? location)
    {
        var methods = @class.GetMembers(name ?? "").OfType<IMethodSymbol>().ToArray();
        if (methods.Length == 1
            && methods[0] is { IsStatic: true, IsGenericMethod: false, ReturnType.SpecialType: SpecialType.System_Boolean } method
            && method.Parameters.Select(PassTo).ToArray() is var arguments
            && arguments.All(static passed => passed is not null)
            && arguments.Distinct().Count() == arguments.Length)
        {
            return $"{method.Name}({string.Join(", ", arguments)})";
        }

        diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.ConditionForm, name ?? "", @class.Name));
        return null;
    }

    private string? PassTo(IParameterSymbol parameter) => parameter switch
    {
        { RefKind: not RefKind.In } => null,
        _ when SymbolEqualityComparer.Default.Equals(parameter.Type, argument) => "in argument",
        _ when SymbolEqualityComparer.Default.Equals(parameter.Type, context) => "in context",
        _ => null,
    };
}
