using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the checks or refusals of a class as data.</summary>
internal static class RuleTableEmitter
{
    /// <summary>One element of the table.</summary>
    public static string Row(string source, int order, RuleHead rule, string fields, string because) =>
        $"new({Literal(source)}, {order}, {Literal(rule.RuleId)}, Errno.{rule.Errno}, {Literal(fields)}, {Literal(because)}),";

    /// <summary>The property <c>Rules</c> and the table behind it.</summary>
    public static void Emit(CodeWriter code, IEnumerable<string> rows)
    {
        code.Summary("The same rules as data.");
        code.Line("internal static ReadOnlySpan<CheckRule> Rules => RuleTable.Rows;").Line();

        // A class of its own: the checks themselves must not wait for, or test for, its static constructor.
        using (code.Block("private static class RuleTable"))
        {
            code.Line("internal static readonly CheckRule[] Rows =").Line("[");
            using (code.Indent())
            {
                foreach (var row in rows)
                    code.Line(row);
            }

            code.Line("];");
        }
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
