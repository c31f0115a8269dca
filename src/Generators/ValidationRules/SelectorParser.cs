using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Reads the selector of a check list, and the values that pick a row.</summary>
internal sealed class SelectorParser(List<DiagnosticInfo> diagnostics)
{
    private ITypeSymbol? _type;

    /// <summary>The selector, or null when the list has none or it is wrong, which is then reported.</summary>
    public SelectorModel? Parse(AttributeData list, FieldResolver fields)
    {
        var location = LocationInfo.Of(list);
        if (list.Named<string>("Selector") is not { } cName || fields.Find(cName, location) is not { } field)
            return null;
        _type = list.Named<INamedTypeSymbol>("SelectorType");
        bool isNumber = _type is not null;
        if (isNumber == field.IsEnum)
        {
            diagnostics.Add(
                DiagnosticInfo.At(location, CheckDiagnostics.FieldKind, cName, "Selector", "an enum, or a number with SelectorType"));
            return null;
        }

        _type ??= field.Type;
        string type = _type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
        return new SelectorModel(field.Model.Path, isNumber ? $"({type})" : "", type, EnumMembers.Of(_type));
    }

    /// <summary>The value of <c>Only</c> or <c>Except</c>; null when it is absent, or no member, which is then reported.</summary>
    public ulong? Value(AttributeData row, string name, string ruleId)
    {
        var constant = row.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value;
        if (constant.IsNull)
            return null;
        if (SymbolEqualityComparer.Default.Equals(constant.Type, _type)
            && ConstantValues.ToUInt64(constant.Value!) is var value
            && EnumMembers.Of(_type!).Any(member => member.Value == value))
        {
            return value;
        }

        diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(row), CheckDiagnostics.Selection, ruleId, constant.ToCSharpString()));
        return null;
    }
}
