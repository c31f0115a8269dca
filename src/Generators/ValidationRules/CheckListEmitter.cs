using XePt.Generators.Common;

namespace XePt.Generators.ValidationRules;

/// <summary>Writes the other half of a class with <c>[CheckList]</c>.</summary>
internal static class CheckListEmitter
{
    public static string Emit(CheckListModel list)
    {
        var code = CodeWriter.ForFile(list.Namespace, "System", "System.Runtime.CompilerServices", "XePt.Uapi", "XePt.Uapi.Checks");
        var reasons = new ReasonTable();
        using (code.Block($"{list.Accessibility} static partial class {list.ClassName}"))
        {
            EmitValidate(code, list);
            code.Line();
            foreach (var check in list.Checks)
            {
                EmitRefuse(code, reasons, list, check);
                code.Line();
            }

            reasons.Emit(code);
            RuleTableEmitter.Emit(code, list.Checks.Select(check => RuleRow(list, check)));
        }

        return code.ToString();
    }

    private static void EmitValidate(CodeWriter code, CheckListModel list)
    {
        var arguments = Arguments(list);
        EmitDocs(code, list,
            $"Checks a <c>{list.ArgumentCName}</c> in the reference order.",
            "The refusal of the first check that fails, or the default value.");
        code.Line($"{list.Accessibility} static Rejection Validate({Parameters(list)}) =>");
        using (code.Indent())
            code.Line($"FirstFailure({arguments}) is var row and not 0 ? Refuse(row, {arguments}) : default;");
        code.Line();
        EmitFirstFailure(code, list, arguments);
        code.Line();
        EmitRefusals(code, list);
    }

    // A number for who is in a hurry: a refusal holds a reference, and room for it has to be cleared even when there is none.
    private static void EmitFirstFailure(CodeWriter code, CheckListModel list, string arguments)
    {
        EmitDocs(code, list, "The first check that fails, in the reference order.", "Its row in the list, from 1; 0 when all pass.");
        code.Line("[MethodImpl(MethodImplOptions.AggressiveInlining)]");
        if (list.Selector is not { } selector)
        {
            EmitSequence(code, list, $"{list.Accessibility} static int FirstFailure", list.Checks);
            return;
        }

        // One sequence for each value: what a row asks of the selector costs nothing when it runs.
        EmitSwitch(code, list, selector, arguments);
        foreach (var member in selector.Members)
            EmitCase(member.Name, member.Value);
        EmitCase("Other", null);

        void EmitCase(string name, ulong? value)
        {
            var checks = list.Checks.Where(check => check.AppliesTo(value, selector));
            EmitSequence(code.Line(), list, $"private static int FirstFailureOf{name}", checks);
        }
    }

    private static void EmitSwitch(CodeWriter code, CheckListModel list, SelectorModel selector, string arguments)
    {
        // One comparison after the other, in the order of the enum: the members that are frequent come first.
        using (code.Block($"{list.Accessibility} static int FirstFailure({Parameters(list)})"))
        {
            foreach (var member in selector.Members)
            {
                code.Line($"if ({selector.Cast}argument.{selector.Path} == {selector.Type}.{member.Name})");
                using (code.Indent())
                    code.Line($"return FirstFailureOf{member.Name}({arguments});");
            }

            code.Line($"return FirstFailureOfOther({arguments});");
        }
    }

    private static void EmitSequence(CodeWriter code, CheckListModel list, string head, IEnumerable<CheckModel> checks)
    {
        using (code.Block($"{head}({Parameters(list)})"))
        {
            var sequence = checks.ToArray();
            foreach (var fact in list.Facts.Where(fact => sequence.Any(check => check.Facts.Contains(fact.Name))))
                code.Line($"var {fact.Name} = {fact.Call};");
            foreach (var check in sequence)
            {
                code.Line($"if ({Applies(check)}) // {check.Rule.RuleId}");
                using (code.Indent())
                    code.Line($"return {check.Order};");
            }

            code.Line("return 0;");
        }
    }

    private static void EmitRefusals(CodeWriter code, CheckListModel list)
    {
        code.Summary("The refusal of a check that has failed.");
        code.Line("/// <param name=\"row\">Its row in the list.</param>");
        code.Line("/// <param name=\"argument\">The struct as the caller gave it.</param>");
        if (list.ContextType is not null)
            code.Line("/// <param name=\"context\">What the checks know besides.</param>");
        code.Line("[MethodImpl(MethodImplOptions.NoInlining)]");
        using (code.Block($"{list.Accessibility} static Rejection Refuse(int row, {Parameters(list)}) => row switch", "};"))
        {
            foreach (var check in list.Checks)
                code.Line($"{check.Order} => Refuse{check.Order}({Arguments(list)}),");
            code.Line("_ => default,");
        }
    }

    private static void EmitDocs(CodeWriter code, CheckListModel list, string summary, string returns)
    {
        code.Summary(summary);
        code.Line("/// <param name=\"argument\">The struct as the caller gave it.</param>");
        if (list.ContextType is not null)
            code.Line("/// <param name=\"context\">What the checks know besides.</param>");
        code.Line($"/// <returns>{returns}</returns>");
    }

    private static string Arguments(CheckListModel list) => list.ContextType is null ? "in argument" : "in argument, in context";

    private static string Parameters(CheckListModel list) =>
        $"in {list.ArgumentType} argument" + (list.ContextType is null ? "" : $", in {list.ContextType} context");

    private static void EmitRefuse(CodeWriter code, ReasonTable reasons, CheckListModel list, CheckModel check)
    {
        using (code.Block($"private static Rejection Refuse{check.Order}({Parameters(list)})"))
        {
            var last = check.Test.Fields.Count - 1;
            for (var i = 0; i <= last; i++)
            {
                var field = check.Test.Fields[i];
                if (i < last)
                    code.Line($"if ({CheckConditions.IsBad(check.Test, [field])})");
                var indent = i < last ? "    " : "";
                var rejection = reasons.NewRejection(
                    check.Rule, field.CName, CheckConditions.Reported(field), check.Because, check.Comparand);
                code.Line($"{indent}return {rejection};");
            }
        }
    }

    private static string Applies(CheckModel check)
    {
        var isBad = CheckConditions.IsBad(check.Test, check.Test.Fields);
        return check.When is null ? isBad : $"{check.When.Call} && {isBad}";
    }

    private static string RuleRow(CheckListModel list, CheckModel check)
    {
        var fields = string.Join(", ", check.Test.Fields.Select(static field => field.CName));
        return RuleTableEmitter.Row(list.ClassName, check.Order, check.Rule, fields, check.Because);
    }
}
