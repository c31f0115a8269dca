using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.Events;

/// <summary>Reads a class with <c>[EngineEvents]</c> and the events that its methods declare.</summary>
internal sealed class EventsParser
{
    public const string ClassAttribute = SpecNames.Namespace + "EngineEventsAttribute";
    private const string EventAttribute = SpecNames.Namespace + "EngineEventAttribute";
    private const string Start = "Start", Stop = "Stop";

    private readonly INamedTypeSymbol _class;
    private readonly List<DiagnosticInfo> _diagnostics = [];
    private readonly List<(EventModel Model, IMethodSymbol Method)> _events = [];
    private ITypeSymbol? _groups;

    private EventsParser(INamedTypeSymbol @class) => _class = @class;

    public static ModelOrDiagnostics<EventsModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var type = (INamedTypeSymbol)context.TargetSymbol;
        return ClassForm.IsExtensible(type)
            ? new EventsParser(type).Read(context.Attributes[0].Positional<string>(0) ?? type.Name, cancellation)
            : ModelOrDiagnostics<EventsModel>.Of(DiagnosticInfo.At(type, EventDiagnostics.ClassForm, type.Name));
    }

    private ModelOrDiagnostics<EventsModel> Read(string source, CancellationToken cancellation)
    {
        foreach (var method in _class.GetMembers().OfType<IMethodSymbol>())
        {
            cancellation.ThrowIfCancellationRequested();
            if (method.AttributeOf(EventAttribute) is { } attribute && Read(method, attribute, cancellation) is { } model)
                Add(method, model);
        }

        foreach (var (model, method) in _events)
            CheckPair(model, method);
        return ModelOrDiagnostics<EventsModel>.Of(_diagnostics, () => new EventsModel(
            _class.ContainingNamespace.ToDisplayString(),
            _class.Name,
            source,
            _groups?.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat) ?? "global::System.Diagnostics.Tracing.EventKeywords",
            GroupsOf(_groups).ToEquatableArray(),
            _events.Select(static item => item.Model).OrderBy(static model => model.Id).ToEquatableArray()));
    }

    private EventModel? Read(IMethodSymbol method, AttributeData attribute, CancellationToken cancellation)
    {
        if (!IsEvent(method))
        {
            Report(method, EventDiagnostics.MethodForm, method.Name);
            return null;
        }

        var group = attribute.ConstructorArguments[2];
        _groups ??= group.Type;
        if (GroupsOf(_groups).FirstOrDefault(member => IsSame(group, member)) is not { } flag)
        {
            Report(method, EventDiagnostics.Group, method.Name, group.ToCSharpString());
            return null;
        }

        var payload = PayloadOf(method);
        var level = EnumRef.Of(attribute.ConstructorArguments[3])?.Name ?? "LogAlways";
        var recordLevel = attribute.NamedArguments.FirstOrDefault(static argument => argument.Key == "RecordLevel").Value;
        var definition = method.DeclaringSyntaxReferences[0].GetSyntax(cancellation);
        return payload is null ? null : new EventModel(
            attribute.Positional<int>(0),
            attribute.Positional<string>(1) ?? method.Name,
            flag.Name,
            level,
            recordLevel.IsNull ? level : EnumRef.Of(recordLevel)?.Name ?? level,
            PartialMethod.Of(method, definition),
            method.Parameters[1].Type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            payload.ToEquatableArray());
    }

    private static bool IsEvent(IMethodSymbol method) => method is { IsPartialDefinition: true, IsStatic: true, ReturnsVoid: true }
        && MethodForm.IsExtensible(method) && method.Parameters.Length == 2
        && method.Parameters[0] is { RefKind: RefKind.None, Type: { TypeKind: TypeKind.Class } }
        && method.Parameters[1] is { RefKind: RefKind.In, Type: { TypeKind: TypeKind.Struct } };

    private void Add(IMethodSymbol method, EventModel model)
    {
        if (model.Id is < 1 or > 255)
            Report(method, EventDiagnostics.Number, method.Name, $"{model.Id}", "not from 1 to 255");
        foreach (var (other, _) in _events)
        {
            if (other.Id == model.Id)
                Report(method, EventDiagnostics.Number, method.Name, $"{model.Id}", $"that of {other.Method.Name}");
            if (other.Name == model.Name)
                Report(method, EventDiagnostics.Name, method.Name, model.Name, other.Method.Name);
        }

        _events.Add((model, method));
    }

    /// <summary>An event source takes two events as a pair only if the numbers follow each other.</summary>
    private void CheckPair(EventModel model, IMethodSymbol method)
    {
        var (own, other, step) = model.Name.EndsWith(Start, StringComparison.Ordinal) ? (Start, Stop, 1) : (Stop, Start, -1);
        if (!model.Name.EndsWith(own, StringComparison.Ordinal))
            return;
        var partner = model.Name.Substring(0, model.Name.Length - own.Length) + other;
        if (!_events.Exists(item => item.Model.Name == partner && item.Model.Id == model.Id + step))
            Report(method, EventDiagnostics.Pair, method.Name, partner, $"{model.Id + step}");
    }

    private PayloadModel[]? PayloadOf(IMethodSymbol method)
    {
        var fields = method.Parameters[1].Type.GetMembers().OfType<IFieldSymbol>()
            .Where(static field => field is { IsStatic: false, DeclaredAccessibility: Accessibility.Public }).ToArray();
        var read = fields.Select(PayloadParser.Read).ToArray();
        // Several events may share the fields, and what is wrong with these is said once.
        var problems = read.Select(static field => field.Problem).OfType<DiagnosticInfo>();
        _diagnostics.AddRange(problems.Where(problem => !_diagnostics.Contains(problem)).ToArray());
        if (read.Any(static field => field.Problem is not null))
            return null;

        var full = RecordLayout.Place([.. read.Select(static field => field.Place?.Bits ?? 0)], out var places);
        if (full >= 0)
        {
            Report(method, EventDiagnostics.RecordIsFull, method.Name, $"{read[full].Place!.Bits}", fields[full].Name);
            return null;
        }

        return [.. read.Select((field, index) => new PayloadModel(
            MethodForm.Escaped(fields[index].Name), PayloadParser.NameOf(fields[index]), field.Type, field.Size,
            field.Place is { } place ? place with { Word = places[index].Word, Offset = places[index].Offset } : null))];
    }

    private static IEnumerable<GroupModel> GroupsOf(ITypeSymbol? groups) => groups is not { TypeKind: TypeKind.Enum } ? []
        : EnumRef.AllOf(groups).Where(static member => member.Value != 0 && (member.Value & (member.Value - 1)) == 0)
            .Select(static member => new GroupModel(MethodForm.Escaped(member.Name), member.Value));

    private bool IsSame(TypedConstant constant, GroupModel group) => constant.Value is not null
        && SymbolEqualityComparer.Default.Equals(constant.Type, _groups) && ConstantValues.ToUInt64(constant.Value) == group.Value;

    private void Report(ISymbol at, DiagnosticDescriptor descriptor, params string[] arguments) =>
        _diagnostics.Add(DiagnosticInfo.At(at, descriptor, arguments));
}
