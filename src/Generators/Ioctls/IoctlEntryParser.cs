using System.Threading;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;
using XePt.Generators.Layouts;

namespace XePt.Generators.Ioctls;

/// <summary>Reads a method with <c>[IoctlEntry]</c>, the ioctls declared where it says, and the methods of its class that handle
/// them.</summary>
internal sealed class IoctlEntryParser
{
    public const string AttributeName = SpecNames.Namespace + "IoctlEntryAttribute";

    private readonly IMethodSymbol _entry;
    private readonly ILookup<string, IMethodSymbol> _methods;
    private readonly List<DiagnosticInfo> _diagnostics = [];

    private IoctlEntryParser(IMethodSymbol entry)
    {
        _entry = entry;
        _methods = entry.ContainingType.GetMembers().OfType<IMethodSymbol>().ToLookup(static method => method.Name);
    }

    public static ModelOrDiagnostics<IoctlEntryModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var method = (IMethodSymbol)context.TargetSymbol;
        return IsEntry(method)
            ? new IoctlEntryParser(method).Read(context, cancellation)
            : ModelOrDiagnostics<IoctlEntryModel>.Of(DiagnosticInfo.At(method, IoctlDiagnostics.EntryForm, method.Name));
    }

    private static bool IsEntry(IMethodSymbol method) => method.IsPartialDefinition && MethodForm.IsExtensible(method)
        && method.Parameters.Length == 2
        && method.Parameters[0].Type.SpecialType == SpecialType.System_UInt32
        && method.Parameters[1].Type.ToDisplayString() == "System.Span<byte>";

    private ModelOrDiagnostics<IoctlEntryModel> Read(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var attribute = context.Attributes[0];
        var without = attribute.NamedArguments.Where(static argument => argument.Key == "Without")
            .SelectMany(static argument => argument.Value.Values).Select(static name => name.Value).ToArray();
        var calls = new List<CallModel>();
        var declarations = attribute.Positional<ITypeSymbol>(0)!.ContainingNamespace;
        foreach (var type in declarations.GetTypeMembers().Where(static type => type.IsValueType))
        {
            cancellation.ThrowIfCancellationRequested();
            var ioctls = LayoutParser.IoctlsOf(type, size: 0).Select(static ioctl => ioctl.Model);
            calls.AddRange(ioctls.Where(ioctl => !without.Contains(ioctl.Name)).Select(ioctl => CallOf(type, ioctl)).OfType<CallModel>());
        }

        return ModelOrDiagnostics<IoctlEntryModel>.Of(_diagnostics, () => new IoctlEntryModel(
            PartialMethod.Of(_entry, context.TargetNode), calls.OrderBy(static call => call.Number).ToEquatableArray()));
    }

    private CallModel? CallOf(INamedTypeSymbol type, IoctlModel ioctl)
    {
        var typed = _methods[ioctl.Name].OrderByDescending(static method => method.Parameters.Length);
        foreach (var handler in _methods[ioctl.Name + "FromUser"].Concat(typed))
        {
            if (ArraysFor(handler, type) is { } arrays)
            {
                var args = handler.Parameters[0].RefKind == RefKind.Ref ? "ref args" : "in args";
                return new CallModel(
                    ioctl.RequestNumber,
                    ioctl.Name,
                    ioctl.CName,
                    Name(type),
                    _methods.Contains("Before" + ioctl.Name),
                    $"{handler.Name}({string.Join(", ", arrays.Prepend(args))})",
                    arrays.Count > 0,
                    ioctl.CopiesBack);
            }
        }

        _diagnostics.Add(DiagnosticInfo.At(_entry, IoctlDiagnostics.MissingHandler, _entry.Name, ioctl.CName, ioctl.Name, type.Name));
        return null;
    }

    /// <summary>What reads the arrays that a method takes beside the argument, or null when it takes something else.</summary>
    private static List<string>? ArraysFor(IMethodSymbol handler, INamedTypeSymbol argument)
    {
        if (handler.Parameters.Length == 0 || !Same(handler.Parameters[0].Type, argument))
            return null;

        var declared = TypeLayout.InstanceFields(argument).Where(static field => UserArrayModel.ElementOf(field) is not null).ToList();
        var arrays = new List<string>();
        foreach (var parameter in handler.Parameters.Skip(1))
        {
            var field = declared.Find(field => IsSpanOf(parameter, UserArrayModel.ElementOf(field)));
            if (field is null)
                return null;
            declared.Remove(field);
            arrays.Add($"arrays.Read<{Name(UserArrayModel.ElementOf(field)!)}>(args.{field.Name}, args.{field.Name}ToRead)");
        }

        return arrays;
    }

    private static bool IsSpanOf(IParameterSymbol parameter, ITypeSymbol? element) => parameter.RefKind == RefKind.None
        && parameter.Type is INamedTypeSymbol { Name: "ReadOnlySpan", TypeArguments.Length: 1 } span
        && Same(span.TypeArguments[0], element);

    private static string Name(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static bool Same(ISymbol? one, ISymbol? other) => SymbolEqualityComparer.Default.Equals(one, other);
}
