using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Reads a class with <c>[OpDispatch]</c>.</summary>
internal sealed class OpDispatchParser
{
    public const string AttributeName = SpecNames.Namespace + "OpDispatchAttribute";
    private const string HandlerAttributeName = SpecNames.Namespace + "HandlesOpAttribute";

    private readonly INamedTypeSymbol _class;
    private readonly INamedTypeSymbol _ops;
    private readonly List<DiagnosticInfo> _diagnostics = [];
    private readonly Dictionary<object, IMethodSymbol> _handlers = [];
    private IMethodSymbol? _first;

    private OpDispatchParser(INamedTypeSymbol @class, INamedTypeSymbol ops) => (_class, _ops) = (@class, ops);

    public static ModelOrDiagnostics<OpDispatchModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var @class = (INamedTypeSymbol)context.TargetSymbol;
        var ops = context.Attributes[0].Positional<ITypeSymbol>(0);
        if (!ClassForm.IsExtensible(@class))
            return ModelOrDiagnostics<OpDispatchModel>.Of(DiagnosticInfo.At(@class, DispatchDiagnostics.ClassForm, @class.Name));
        if (ops is not INamedTypeSymbol { TypeKind: TypeKind.Enum } @enum)
            return ModelOrDiagnostics<OpDispatchModel>.Of(DiagnosticInfo.At(@class, DispatchDiagnostics.NotAnEnum, @class.Name, $"{ops}"));
        return new OpDispatchParser(@class, @enum).Parse(cancellation);
    }

    private ModelOrDiagnostics<OpDispatchModel> Parse(CancellationToken cancellation)
    {
        foreach (var method in _class.GetMembers().OfType<IMethodSymbol>())
        {
            cancellation.ThrowIfCancellationRequested();
            var ops = method.AttributesOf(HandlerAttributeName).ToArray();
            if (ops.Length > 0)
                AddHandler(method, ops);
        }

        var cases = Members().Select(CaseOf).OfType<CaseModel>().ToArray();
        return ModelOrDiagnostics<OpDispatchModel>.Of(_diagnostics, () => new OpDispatchModel(
            _class.ContainingNamespace.ToDisplayString(),
            _class.Name,
            ClassForm.Keyword(_class.DeclaredAccessibility),
            _ops.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            _first is null ? new SignatureModel("void", false, default) : HandlerSignature.Of(_first),
            cases.ToEquatableArray()));
    }

    private void AddHandler(IMethodSymbol method, AttributeData[] ops)
    {
        _first ??= method;
        if (method is not { IsStatic: true, IsGenericMethod: false, RefKind: RefKind.None })
            _diagnostics.Add(DiagnosticInfo.At(method, DispatchDiagnostics.HandlerForm, method.Name));
        else if (!HandlerSignature.Of(method).IsSameAs(HandlerSignature.Of(_first)))
            _diagnostics.Add(DiagnosticInfo.At(method, DispatchDiagnostics.SignatureDiffers, method.Name, _first.Name));
        foreach (var attribute in ops)
            AddOp(method, attribute);
    }

    private void AddOp(IMethodSymbol method, AttributeData attribute)
    {
        var op = attribute.ConstructorArguments[0];
        if (!SymbolEqualityComparer.Default.Equals(op.Type, _ops) || MemberOf(op.Value) is not { } member)
        {
            _diagnostics.Add(DiagnosticInfo.At(
                LocationInfo.Of(attribute), DispatchDiagnostics.UnknownOp, method.Name, op.ToCSharpString(), _ops.Name));
        }
        else if (_handlers.TryGetValue(op.Value!, out var other))
        {
            _diagnostics.Add(DiagnosticInfo.At(
                LocationInfo.Of(attribute), DispatchDiagnostics.DuplicateHandler, _ops.Name, member.Name, other.Name, method.Name));
        }
        else
        {
            _handlers.Add(op.Value!, method);
        }
    }

    private CaseModel? CaseOf(IFieldSymbol member)
    {
        if (_handlers.TryGetValue(member.ConstantValue!, out var handler))
            return new CaseModel(HandlerSignature.Escaped(member.Name), HandlerSignature.Escaped(handler.Name));
        _diagnostics.Add(DiagnosticInfo.At(_class, DispatchDiagnostics.MissingHandler, _class.Name, _ops.Name, member.Name));
        return null;
    }

    /// <summary>The members of the enum, one for each value.</summary>
    private IEnumerable<IFieldSymbol> Members()
    {
        var seen = new HashSet<object>();
        return _ops.GetMembers().OfType<IFieldSymbol>().Where(member => member.HasConstantValue && seen.Add(member.ConstantValue!));
    }

    private IFieldSymbol? MemberOf(object? value) => Members().FirstOrDefault(member => Equals(member.ConstantValue, value));
}
