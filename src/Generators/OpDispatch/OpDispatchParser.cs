using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Reads a method with <c>[OpDispatch]</c>. Whether its handlers take what it passes on is for the compiler to say.</summary>
internal sealed class OpDispatchParser
{
    public const string AttributeName = SpecNames.Namespace + "OpDispatchAttribute";
    private const string HandlerAttributeName = SpecNames.Namespace + "HandlesOpAttribute";

    private readonly IMethodSymbol _method;
    private readonly ITypeSymbol _ops;
    private readonly List<DiagnosticInfo> _diagnostics = [];
    private readonly Dictionary<object, string> _handlers = [];

    private OpDispatchParser(IMethodSymbol method) => (_method, _ops) = (method, method.Parameters[0].Type);

    public static ModelOrDiagnostics<OpDispatchModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var method = (IMethodSymbol)context.TargetSymbol;
        if (!method.IsPartialDefinition || !MethodForm.IsExtensible(method))
            return ModelOrDiagnostics<OpDispatchModel>.Of(DiagnosticInfo.At(method, DispatchDiagnostics.MethodForm, method.Name));
        if (EnumOf(method) is null)
            return ModelOrDiagnostics<OpDispatchModel>.Of(DiagnosticInfo.At(method, DispatchDiagnostics.NotAnEnum, method.Name));
        return new OpDispatchParser(method).Parse(context.TargetNode, cancellation);
    }

    private ModelOrDiagnostics<OpDispatchModel> Parse(SyntaxNode definition, CancellationToken cancellation)
    {
        foreach (var handler in _method.ContainingType.GetMembers().OfType<IMethodSymbol>())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var attribute in handler.AttributesOf(HandlerAttributeName))
                AddOp(handler, attribute);
        }

        var cases = Members().Select(CaseOf).OfType<CaseModel>().ToArray();
        return ModelOrDiagnostics<OpDispatchModel>.Of(_diagnostics, () => new OpDispatchModel(
            PartialMethod.Of(_method, definition), _ops.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            cases.ToEquatableArray()));
    }

    private void AddOp(IMethodSymbol handler, AttributeData attribute)
    {
        var op = attribute.ConstructorArguments[0];
        var dispatch = attribute.Named<string>("For");
        if (dispatch is null ? !Same(op.Type, _ops) && IsDispatched(op.Type) : dispatch != _method.Name)
            return;

        if (!Same(op.Type, _ops) || MemberOf(op.Value) is not { } member)
            Report(attribute, DispatchDiagnostics.UnknownOp, handler.Name, op.ToCSharpString(), _ops.Name);
        else if (_handlers.TryGetValue(op.Value!, out var other))
            Report(attribute, DispatchDiagnostics.DuplicateHandler, _ops.Name, member.Name, other, handler.Name);
        else
            _handlers.Add(op.Value!, handler.Name);
    }

    /// <summary>Whether the class has a dispatch over these ops.</summary>
    private bool IsDispatched(ITypeSymbol? ops) => _method.ContainingType.GetMembers().OfType<IMethodSymbol>()
        .Any(method => method.AttributeOf(AttributeName) is not null && Same(EnumOf(method), ops));

    private static ITypeSymbol? EnumOf(IMethodSymbol method) =>
        method.Parameters.FirstOrDefault() is { RefKind: RefKind.None, Type: { TypeKind: TypeKind.Enum } ops } ? ops : null;

    private CaseModel? CaseOf(IFieldSymbol member)
    {
        if (_handlers.TryGetValue(member.ConstantValue!, out var handler))
            return new CaseModel($"{_ops.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}.{MethodForm.Escaped(member.Name)}",
                MethodForm.Escaped(handler));
        _diagnostics.Add(DiagnosticInfo.At(_method, DispatchDiagnostics.MissingHandler, _method.Name, _ops.Name, member.Name));
        return null;
    }

    /// <summary>The members of the enum, one for each value.</summary>
    private IEnumerable<IFieldSymbol> Members()
    {
        var seen = new HashSet<object>();
        return _ops.GetMembers().OfType<IFieldSymbol>().Where(member => member.HasConstantValue && seen.Add(member.ConstantValue!));
    }

    private IFieldSymbol? MemberOf(object? value) => Members().FirstOrDefault(member => Equals(member.ConstantValue, value));

    private static bool Same(ISymbol? one, ISymbol? other) => SymbolEqualityComparer.Default.Equals(one, other);

    private void Report(AttributeData attribute, DiagnosticDescriptor descriptor, params string[] arguments) =>
        _diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(attribute), descriptor, arguments));
}
