using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the bodies of the methods with <c>[Refusal]</c>.</summary>
internal static class RefusalEmitter
{
    public static string Emit(RefusalClassModel refusals)
    {
        var code = CodeWriter.ForFile(refusals.Namespace, "System", "System.Runtime.CompilerServices", "XePt.Uapi", "XePt.Uapi.Checks");
        using (code.Block($"static partial class {refusals.ClassName}"))
        {
            foreach (var refusal in refusals.Refusals)
            {
                var parameter = refusal.ValueParameter is { } name ? $"ulong {name}" : "";
                EmitDocs(code, refusal);
                code.Line("[MethodImpl(MethodImplOptions.NoInlining)]");
                code.Line($"{refusal.Accessibility} static partial Rejection {refusal.Method}({parameter}) =>");
                using (code.Indent())
                    code.Line(NewRejection(refusal.Rule, refusal.Field, refusal.ValueParameter ?? "0", refusal.Because) + ";");
                code.Line();
            }

            RuleTableEmitter.Emit(code, refusals.Refusals.Select(static refusal =>
                RuleTableEmitter.Row(refusal.Method, 0, refusal.Rule, refusal.Field, refusal.Because)));
        }

        return code.ToString();
    }

    /// <summary>The expression that makes a rejection.</summary>
    /// <param name="rule">Rule id and errno.</param>
    /// <param name="field">C name of the reported field.</param>
    /// <param name="value">C# expression of the offending value.</param>
    /// <param name="because">The sentence.</param>
    public static string NewRejection(RuleHead rule, string field, string value, string because) =>
        $"new Rejection(Errno.{rule.Errno}, {Literal(rule.RuleId)}, {Literal(field)}, {value}, {Literal(because)})";

    /// <summary>The declaration is a row of a table and carries no documentation of its own.</summary>
    private static void EmitDocs(CodeWriter code, RefusalModel refusal)
    {
        var because = refusal.Because.Replace("&", "&amp;").Replace("<", "&lt;");
        code.Summary($"-{refusal.Rule.Errno}, <c>{refusal.Field}</c>: {because} ({refusal.Rule.RuleId}).");
        if (refusal.ValueParameter is { } name)
            code.Line($"/// <param name=\"{name}\">The offending value.</param>");
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
