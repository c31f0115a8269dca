using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>The reasons that the refusals of one generated class share, each made once.</summary>
internal sealed class ReasonTable
{
    private readonly List<(string Type, string Made)> _rows = [];

    /// <summary>The expression of a rejection; its reason joins the table.</summary>
    /// <param name="rule">Rule id and errno.</param>
    /// <param name="field">C name of the reported field.</param>
    /// <param name="value">C# expression of the offending value.</param>
    /// <param name="because">The sentence.</param>
    /// <param name="comparand">What the value is compared with, or null.</param>
    public string NewRejection(RuleHead rule, string field, string value, string because, ComparandModel? comparand)
    {
        var reason = $"new(Errno.{rule.Errno}, {Literal(rule.RuleId)}, {Literal(field)}, {Literal(because)})";
        if (comparand is null)
            return $"new Rejection(Reasons.{NameOf("RejectionReason", reason)}, {value})";
        var compared = NameOf("ComparedReason", $"new({reason}, {Literal(comparand.Name)})");
        return $"new Rejection(Reasons.{compared}.With({comparand.Value}), {value})";
    }

    private string NameOf(string type, string made)
    {
        var row = (type, made);
        var index = _rows.IndexOf(row);
        if (index < 0)
        {
            index = _rows.Count;
            _rows.Add(row);
        }

        return $"Reason{index + 1}";
    }

    /// <summary>Writes the table. A class of its own: accepted calls must not wait for its static constructor.</summary>
    public void Emit(CodeWriter code)
    {
        if (_rows.Count == 0)
            return;

        using (code.Block("private static class Reasons"))
        {
            for (var i = 0; i < _rows.Count; i++)
                code.Line($"internal static readonly {_rows[i].Type} Reason{i + 1} = {_rows[i].Made};");
        }

        code.Line();
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
