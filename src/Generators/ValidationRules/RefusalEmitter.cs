using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the bodies of the methods with <c>[Refusal]</c>.</summary>
internal static class RefusalEmitter
{
    public static string Emit(RefusalClassModel refusals)
    {
        var code = CodeWriter.ForFile(refusals.Namespace, "System", "System.Runtime.CompilerServices", "XePt.Uapi", "XePt.Uapi.Checks");
        var reasons = new ReasonTable();
        using (code.Block($"static partial class {refusals.ClassName}"))
        {
            foreach (var refusal in refusals.Refusals)
            {
                var parameters = string.Join(", ", Parameters(refusal).Select(static name => $"ulong {name}"));
                EmitDocs(code, refusal);
                code.Line("[MethodImpl(MethodImplOptions.NoInlining)]");
                code.Line($"{refusal.Accessibility} static partial Rejection {refusal.Method}({parameters}) =>");
                using (code.Indent())
                {
                    var value = refusal.ValueParameter ?? "0";
                    code.Line($"{reasons.NewRejection(refusal.Rule, refusal.Field, value, refusal.Because, refusal.Comparand)};");
                }

                code.Line();
            }

            reasons.Emit(code);
            RuleTableEmitter.Emit(code, refusals.Refusals.Select(static refusal =>
                RuleTableEmitter.Row(refusal.Method, 0, refusal.Rule, refusal.Field, refusal.Because)));
        }

        return code.ToString();
    }

    private static IEnumerable<string> Parameters(RefusalModel refusal) =>
        new[] { refusal.ValueParameter, refusal.Comparand?.Value }.OfType<string>();

    /// <summary>The declaration is a row of a table and carries no documentation of its own.</summary>
    private static void EmitDocs(CodeWriter code, RefusalModel refusal)
    {
        var because = refusal.Because.Replace("&", "&amp;").Replace("<", "&lt;");
        code.Summary($"-{refusal.Rule.Errno}, <c>{refusal.Field}</c>: {because} ({refusal.Rule.RuleId}).");
        if (refusal.ValueParameter is { } name)
            code.Line($"/// <param name=\"{name}\">The offending value.</param>");
        if (refusal.Comparand is { } comparand)
            code.Line($"/// <param name=\"{comparand.Value}\">What it was compared with.</param>");
    }
}
