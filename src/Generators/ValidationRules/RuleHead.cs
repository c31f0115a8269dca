using Microsoft.CodeAnalysis;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Rule id and errno of a check or refusal.</summary>
internal sealed record RuleHead(string RuleId, string Errno)
{
    /// <summary>Reads both from adjacent constructor arguments; null when one is wrong, which is then reported.</summary>
    public static RuleHead? Read(AttributeData attribute, int ruleIndex, List<DiagnosticInfo> diagnostics)
    {
        var ruleId = attribute.Positional<string>(ruleIndex) ?? "";
        var errno = MemberName(attribute.ConstructorArguments[ruleIndex + 1]);
        if (!IsRuleId(ruleId) && !IsSection(ruleId))
            diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(attribute), CheckDiagnostics.RuleId, ruleId));
        else if (errno is null or "Ok")
            diagnostics.Add(DiagnosticInfo.At(LocationInfo.Of(attribute), CheckDiagnostics.NoErrno, ruleId));
        else
            return new RuleHead(ruleId, errno);
        return null;
    }

    /// <summary>Capital letters, a hyphen, three digits, and a small letter where a rule was divided later.</summary>
    private static bool IsRuleId(string id)
    {
        var hyphen = id.IndexOf('-');
        return hyphen > 0
            && (id.Length == hyphen + 4 || (id.Length == hyphen + 5 && id[hyphen + 4] is >= 'a' and <= 'z'))
            && id.Take(hyphen).All(static c => c is >= 'A' and <= 'Z')
            && IsNumber(id.Substring(hyphen + 1, 3));
    }

    /// <summary>For a rule of the specification that has no id: document number, the word, section number.</summary>
    private static bool IsSection(string id) =>
        id.Split(' ') is { Length: 3 } parts && parts[0].Length == 2 && IsNumber(parts[0]) && parts[1] == "section" && IsNumber(parts[2]);

    private static bool IsNumber(string text) => text.Length > 0 && text.All(static c => c is >= '0' and <= '9');

    private static string? MemberName(TypedConstant constant) =>
        constant.Type?.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(field => Equals(field.ConstantValue, constant.Value))?.Name;
}
