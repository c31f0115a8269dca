using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Writes the body of a method with <c>[OpDispatch]</c>.</summary>
internal static class OpDispatchEmitter
{
    public static string Emit(OpDispatchModel dispatch)
    {
        var code = CodeWriter.ForFile(dispatch.Namespace, "System", "System.Runtime.CompilerServices");
        using (code.Block($"partial {dispatch.Type}"))
        using (code.Block(dispatch.Declaration))
        {
            EmitCases(code, dispatch);
            code.Line().Line("[MethodImpl(MethodImplOptions.NoInlining)]");
            code.Line($"static ArgumentOutOfRangeException Unknown({dispatch.OpsType} op) =>");
            using (code.Indent())
                code.Line($"new(nameof(op), op, \"{dispatch.Name} has no handler for this op.\");");
        }

        return code.ToString();
    }

    // One comparison after the other, in the order of the enum, which begins with the ops that are frequent: a few are cheaper than the
    // table of
    // addresses that a switch becomes.
    private static void EmitCases(CodeWriter code, OpDispatchModel dispatch)
    {
        foreach (var @case in dispatch.Cases)
        {
            var call = $"{@case.Handler}({dispatch.Arguments});";
            using (code.Block($"if ({dispatch.Selector} == {@case.Op})"))
            {
                code.Line(dispatch.ReturnsVoid ? call : "return " + call);
                if (dispatch.ReturnsVoid)
                    code.Line("return;");
            }
        }

        code.Line($"throw Unknown({dispatch.Selector});");
    }
}
