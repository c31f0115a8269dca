using Microsoft.CodeAnalysis.CSharp;
using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the other half of a class with <c>[CheckList]</c>.</summary>
internal static class CheckListEmitter
{
    public static string Emit(CheckListModel list)
    {
        var code = CodeWriter.ForFile(list.Namespace, "System", "System.Runtime.CompilerServices", "XePt.Uapi", "XePt.Uapi.Checks");
        using (code.Block($"{list.Accessibility} static partial class {list.ClassName}"))
        {
            EmitValidate(code, list);
            code.Line();
            foreach (var check in list.Checks)
            {
                EmitRefuse(code, list, check);
                code.Line();
            }

            RuleTableEmitter.Emit(code, list.Checks.Select(check => RuleTableEmitter.Row(
                list.ClassName, check.Order, check.Rule, string.Join(", ", check.Test.Fields.Select(static field => field.CName)), check.Because)));
        }

        return code.ToString();
    }

    private static void EmitValidate(CodeWriter code, CheckListModel list)
    {
        code.Summary($"Checks a <c>{list.ArgumentCName}</c> in the reference order.");
        code.Line("/// <param name=\"argument\">The struct as the caller gave it.</param>");
        if (list.ContextType is not null)
            code.Line("/// <param name=\"context\">What the checks know besides.</param>");
        code.Line("/// <returns>The refusal of the first check that fails, or the default value.</returns>");
        var context = list.ContextType is null ? "" : $", in {list.ContextType} context";
        using (code.Block($"{list.Accessibility} static Rejection Validate(in {list.ArgumentType} argument{context})"))
        {
            foreach (var check in list.Checks)
            {
                code.Line($"if ({Applies(check)}) // {check.Rule.RuleId}");
                using (code.Indent())
                    code.Line($"return Refuse{check.Order}(in argument);");
            }

            code.Line("return default;");
        }
    }

    /// <summary>The refusal of one check: not inlined, so that the way of an accepted call stays short.</summary>
    private static void EmitRefuse(CodeWriter code, CheckListModel list, CheckModel check)
    {
        code.Line("[MethodImpl(MethodImplOptions.NoInlining)]");
        using (code.Block($"private static Rejection Refuse{check.Order}(in {list.ArgumentType} argument)"))
        {
            var last = check.Test.Fields.Count - 1;
            for (var i = 0; i <= last; i++)
            {
                var field = check.Test.Fields[i];
                if (i < last)
                    code.Line($"if ({CheckConditions.IsBad(check.Test, [field])})");
                var indent = i < last ? "    " : "";
                code.Line($"{indent}return new Rejection(Errno.{check.Rule.Errno}, {Literal(check.Rule.RuleId)}, {Literal(field.CName)}, {CheckConditions.Reported(field)}, {Literal(check.Because)});");
            }
        }
    }

    private static string Applies(CheckModel check)
    {
        var isBad = CheckConditions.IsBad(check.Test, check.Test.Fields);
        return check.When is null ? isBad : $"{check.When} && {isBad}";
    }

    private static string Literal(string text) => SymbolDisplay.FormatLiteral(text, quote: true);
}
