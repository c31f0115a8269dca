using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Finds the conditions, facts and comparands of a check list and writes the calls to them.</summary>
internal sealed class ConditionResolver
{
    private const string FactAttributeName = SpecNames.Namespace + "CheckFactAttribute";

    private readonly INamedTypeSymbol _class;
    private readonly INamedTypeSymbol _argument;
    private readonly INamedTypeSymbol? _context;
    private readonly List<DiagnosticInfo> _diagnostics;
    private readonly Dictionary<ITypeSymbol, FactModel> _facts = new(SymbolEqualityComparer.Default);

    public ConditionResolver(
        INamedTypeSymbol @class, INamedTypeSymbol argument, INamedTypeSymbol? context, List<DiagnosticInfo> diagnostics)
    {
        (_class, _argument, _context, _diagnostics) = (@class, argument, context, diagnostics);
        foreach (var method in @class.GetMembers().OfType<IMethodSymbol>())
        {
            if (method.AttributeOf(FactAttributeName) is not null)
                AddFact(method);
        }
    }

    /// <summary>The facts in source order.</summary>
    public IEnumerable<FactModel> Facts => _facts.Values;

    /// <summary>The call of a condition, or null when it has the wrong form, which is then reported.</summary>
    public ConditionModel? Call(string? name, LocationInfo? location)
    {
        var methods = _class.GetMembers(name ?? "").OfType<IMethodSymbol>().ToArray();
        if (methods.Length == 1
            && methods[0] is { ReturnType.SpecialType: SpecialType.System_Boolean } method
            && CallOf(method, parameter => PassArgument(parameter) ?? PassFact(parameter)) is { } call)
        {
            var facts = method.Parameters.Select(PassFact).OfType<string>();
            return new ConditionModel(call, facts.ToEquatableArray());
        }

        _diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.ConditionForm, name ?? "", _class.Name));
        return null;
    }

    /// <summary>The call of a method that gives a value, or null when it has the wrong form, which is then reported.</summary>
    public string? Value(string? name, LocationInfo? location)
    {
        var methods = _class.GetMembers(name ?? "").OfType<IMethodSymbol>().ToArray();
        if (methods.Length == 1
            && methods[0] is { ReturnType.SpecialType: SpecialType.System_UInt64 } method
            && CallOf(method, PassArgument) is { } call)
        {
            return call;
        }

        _diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.ComparandForm, name ?? "", _class.Name));
        return null;
    }

    private void AddFact(IMethodSymbol method)
    {
        var name = char.ToLowerInvariant(method.Name[0]) + method.Name.Substring(1);
        if (CallOf(method, PassArgument) is { } call && !method.ReturnsVoid && !_facts.ContainsKey(method.ReturnType))
            _facts.Add(method.ReturnType, new FactModel(name, call));
        else
            _diagnostics.Add(DiagnosticInfo.At(method, CheckDiagnostics.FactForm, method.Name, _class.Name));
    }

    /// <summary>The call of a static method when every parameter can be passed, each thing once.</summary>
    private static string? CallOf(IMethodSymbol method, Func<IParameterSymbol, string?> pass)
    {
        if (method is not { IsStatic: true, IsGenericMethod: false, RefKind: RefKind.None })
            return null;
        var passed = method.Parameters.Select(pass).ToArray();
        return passed.All(static value => value is not null) && passed.Distinct().Count() == passed.Length
            ? $"{method.Name}({string.Join(", ", passed)})"
            : null;
    }

    private string? PassArgument(IParameterSymbol parameter) => parameter switch
    {
        { RefKind: not RefKind.In } => null,
        _ when SymbolEqualityComparer.Default.Equals(parameter.Type, _argument) => "in argument",
        _ when SymbolEqualityComparer.Default.Equals(parameter.Type, _context) => "in context",
        _ => null,
    };

    private string? PassFact(IParameterSymbol parameter) =>
        parameter.RefKind == RefKind.None && _facts.TryGetValue(parameter.Type, out var fact) ? fact.Name : null;
}
