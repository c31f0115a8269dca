using System.Threading;
using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Reads a class with <c>[CheckList]</c>.</summary>
internal static class CheckListParser
{
    public const string AttributeName = SpecNames.Namespace + "CheckListAttribute";
    private const string RowAttributeName = SpecNames.Namespace + "CheckAttribute";

    public static ModelOrDiagnostics<CheckListModel> Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancellation)
    {
        var @class = (INamedTypeSymbol)context.TargetSymbol;
        var list = context.Attributes[0];
        if (!ClassForm.IsExtensible(@class))
            return ModelOrDiagnostics<CheckListModel>.Of(DiagnosticInfo.At(@class, CheckDiagnostics.ClassForm, @class.Name));
        if (list.Positional<INamedTypeSymbol>(0) is not { TypeKind: TypeKind.Struct } argument || argument.CName() is not { } cName)
        {
            var name = list.Positional<ITypeSymbol>(0)?.Name ?? "null";
            return ModelOrDiagnostics<CheckListModel>.Of(DiagnosticInfo.At(@class, CheckDiagnostics.Argument, name));
        }

        var diagnostics = new List<DiagnosticInfo>();
        var contextType = list.Named<INamedTypeSymbol>("Context");
        var fields = new FieldResolver(argument, diagnostics);
        var conditions = new ConditionResolver(@class, argument, contextType, diagnostics);
        var selectors = new SelectorParser(diagnostics);
        var selector = selectors.Parse(list, fields);
        var rows = new CheckRowParser(fields, conditions, selectors, diagnostics);
        var checks = new List<CheckModel>();
        foreach (var attribute in @class.GetAttributes().Where(IsRow))
        {
            cancellation.ThrowIfCancellationRequested();
            if (rows.Parse(attribute) is { } check)
                checks.Add(check);
        }

        RequireConsecutive(@class, diagnostics);
        if (list.Named<bool>("NamesEach") && selector is not null && diagnostics.Count == 0)
            RequireEachNamed(@class, list, selector, checks, diagnostics);
        return ModelOrDiagnostics<CheckListModel>.Of(diagnostics, () => new CheckListModel(
            @class.ContainingNamespace.ToDisplayString(),
            @class.Name,
            ClassForm.Keyword(@class.DeclaredAccessibility),
            argument.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            cName,
            contextType?.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat),
            selector,
            conditions.Facts.ToEquatableArray(),
            checks.OrderBy(static check => check.Order).ToEquatableArray()));
    }

    private static bool IsRow(AttributeData attribute) => attribute.AttributeClass?.BaseType?.ToDisplayString() == RowAttributeName;

    private static void RequireEachNamed(
        INamedTypeSymbol @class, AttributeData list, SelectorModel selector, List<CheckModel> checks, List<DiagnosticInfo> diagnostics)
    {
        foreach (var member in selector.Members)
        {
            if (!checks.Any(check => check.Only == member.Value || check.Except == member.Value))
                diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(list), CheckDiagnostics.NotNamed, @class.Name, member.Name));
        }
    }

    private static void RequireConsecutive(INamedTypeSymbol @class, List<DiagnosticInfo> diagnostics)
    {
        var rows = @class.GetAttributes().Where(IsRow).ToArray();
        var seen = new HashSet<int>();
        foreach (var row in rows)
        {
            var order = row.Positional<int>(0);
            if (!seen.Add(order))
                Report(order, "appears twice", row);
            else if (order < 1 || order > rows.Length)
                Report(order, "is out of place", row);
        }

        void Report(int order, string problem, AttributeData row) => diagnostics.Add(DiagnosticInfo.At(
            LocationInfo.Of(row), CheckDiagnostics.OrderGap, @class.Name, $"{rows.Length}", $"{order}", problem));
    }
}
