using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>The reasons that the refusals of one generated class share, each made once.</summary>
internal sealed class ReasonTable
{
    private readonly List<string> _rows = [];

    /// <summary>The expression of a rejection; its reason joins the table.</summary>
    /// <param name="rule">Rule id and errno.</param>
    /// <param name="field">C name of the reported field.</param>
    /// <param name="value">C# expression of the offending value.</param>
    /// <param name="because">The sentence.</param>
    public string NewRejection(RuleHead rule, string field, string value, string because)
    {
        var row = $"new(Errno.{rule.Errno}, {Literal(rule.RuleId)}, {Literal(field)}, {Literal(because)})";
        var index = _rows.IndexOf(row);
        if (index < 0)
        {
            index = _rows.Count;
            _rows.Add(row);
        }

        return $"new Rejection(Reasons.Reason{index + 1}, {value})";
    }

    /// <summary>Writes the table. A class of its own: accepted calls must not wait for its static constructor.</summary>
    public void Emit(CodeWriter code)
    {
        if (_rows.Count == 0)
            return;

        using (code.Block("private static class Reasons"))
        {
            for (var i = 0; i < _rows.Count; i++)
                code.Line($"internal static readonly RejectionReason Reason{i + 1} = {_rows[i]};");
        }

        code.Line();
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
