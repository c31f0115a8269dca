using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Reads one row of a check list.</summary>
internal sealed class CheckRowParser(
    FieldResolver fields, ConditionResolver conditions, SelectorParser selector, List<DiagnosticInfo> diagnostics)
{
    // Constructor arguments 0 to 3 are order, rule id, errno and sentence; the rest depends on the kind of row.
    private const int RuleIndex = 1;
    private const int BecauseIndex = 3;
    private const int FirstOwnIndex = 4;

    /// <summary>The row, or null when something is wrong with it, which is then reported.</summary>
    public CheckModel? Parse(AttributeData attribute)
    {
        var before = diagnostics.Count;
        var location = LocationInfo.Of(attribute);
        var head = RuleHead.Read(attribute, RuleIndex, diagnostics);
        var when = attribute.Named<string>("When") is { } name ? conditions.Call(name, location) : null;
        var test = ParseTest(attribute, location);
        var comparand = test is null ? null : ParseComparand(attribute, test, location);
        return diagnostics.Count == before && head is not null && test is not null
            ? new CheckModel(attribute.Positional<int>(0), head, attribute.Positional<string>(BecauseIndex) ?? "", when, test)
            {
                Comparand = comparand,
                Only = selector.Value(attribute, nameof(CheckModel.Only), head.RuleId),
                Except = selector.Value(attribute, nameof(CheckModel.Except), head.RuleId),
            }
            : null;
    }

    /// <summary>A row with a limit compares with that.</summary>
    private ComparandModel? ParseComparand(AttributeData attribute, TestModel test, LocationInfo? location)
    {
        var name = attribute.Named<string>("ComparedWith");
        var method = attribute.Named<string>("Comparand");
        if (name is null && method is null)
            return null;
        if (name is not null && method is null && test.Kind == CheckKind.AtMost)
            return new ComparandModel(name, $"{test.Operand}ul");
        return conditions.Value(name is null ? null : method, location) is { } value ? new ComparandModel(name!, value) : null;
    }

    private TestModel? ParseTest(AttributeData attribute, LocationInfo? location) => attribute.AttributeClass!.Name switch
    {
        "RefuseIfAttribute" => RefuseIf(attribute, location),
        "RequireZeroAttribute" => RequireZero(attribute, location),
        "RequireAlignedAttribute" => RequireAligned(attribute, location),
        "RequireAtMostAttribute" => RequireAtMost(attribute, location),
        "RequireKnownValueAttribute" => RequireKnownValue(attribute, location),
        "RequireKnownFlagsAttribute" => RequireKnownFlags(attribute, location),
        _ => null,
    };

    private TestModel RefuseIf(AttributeData attribute, LocationInfo? location)
    {
        var found = Find(
            [OwnField(attribute)], location, "RefuseIf", "a number, an enum or an inline array",
            static field => field.IsNumber || field.IsArray);
        var condition = conditions.Call(attribute.Positional<string>(FirstOwnIndex + 1), location);
        return Row(CheckKind.RefuseIf, found) with { Condition = condition };
    }

    private TestModel RequireZero(AttributeData attribute, LocationInfo? location) => Row(CheckKind.Zero, Find(
        attribute.PositionalArray<string>(FirstOwnIndex), location, "RequireZero", "a number, an enum or an inline array",
        static field => field.IsNumber || field.IsArray));

    private TestModel RequireAligned(AttributeData attribute, LocationInfo? location)
    {
        var alignment = attribute.Positional<ulong>(FirstOwnIndex);
        if (alignment == 0 || (alignment & (alignment - 1)) != 0)
        {
            var ruleId = attribute.Positional<string>(RuleIndex) ?? "";
            diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.Alignment, ruleId, $"{alignment}"));
        }

        var found = Find(
            attribute.PositionalArray<string>(FirstOwnIndex + 1), location, "RequireAligned", "a number", static field => field.IsNumber);
        return Row(CheckKind.Aligned, found) with { Operand = alignment };
    }

    private TestModel RequireAtMost(AttributeData attribute, LocationInfo? location)
    {
        var found = Find([OwnField(attribute)], location, "RequireAtMost", "an unsigned number", static field => field.IsUnsigned);
        return Row(CheckKind.AtMost, found) with { Operand = attribute.Positional<ulong>(FirstOwnIndex + 1) };
    }

    private TestModel? RequireKnownValue(AttributeData attribute, LocationInfo? location)
    {
        var among = attribute.Named<INamedTypeSymbol>("Among");
        var found = Find(
            [OwnField(attribute)], location, "RequireKnownValue", "an enum, or a number with Among",
            field => field.IsEnum || (field.IsNumber && among?.TypeKind == TypeKind.Enum));
        if (found.Count != 1)
            return null;
        var values = EnumValues(among ?? found[0].Type).OrderBy(static value => value);
        return Row(CheckKind.KnownValue, found) with { Values = values.ToEquatableArray() };
    }

    private TestModel? RequireKnownFlags(AttributeData attribute, LocationInfo? location)
    {
        var found = Find([OwnField(attribute)], location, "RequireKnownFlags", "an enum", static field => field.IsEnum);
        if (found.Count != 1)
            return null;
        var mask = EnumValues(found[0].Type).Aggregate(0ul, static (mask, value) => mask | value);
        return Row(CheckKind.KnownFlags, found) with { Operand = mask };
    }

    private List<FieldResolver.Resolved> Find(
        IEnumerable<string> cNames, LocationInfo? location, string check, string need, Func<FieldResolver.Resolved, bool> fits)
    {
        var found = new List<FieldResolver.Resolved>();
        foreach (var cName in cNames)
        {
            if (fields.Find(cName, location) is not { } field)
                continue;
            if (fits(field))
                found.Add(field);
            else
                diagnostics.Add(DiagnosticInfo.At(location, CheckDiagnostics.FieldKind, cName, check, need));
        }

        return found;
    }

    private static string OwnField(AttributeData attribute) => attribute.Positional<string>(FirstOwnIndex) ?? "";

    private static TestModel Row(CheckKind kind, List<FieldResolver.Resolved> found) =>
        new(kind, found.Select(static field => field.Model).ToEquatableArray());

    private static IEnumerable<ulong> EnumValues(ITypeSymbol type) => EnumMembers.Of(type).Select(static member => member.Value);
}
