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
            EmitSwitch(code, dispatch);
            code.Line().Line("[MethodImpl(MethodImplOptions.NoInlining)]");
            code.Line($"static ArgumentOutOfRangeException Unknown({dispatch.OpsType} op) =>");
            using (code.Indent())
                code.Line($"new(nameof(op), op, \"{dispatch.Name} has no handler for this op.\");");
        }

        return code.ToString();
    }

    private static void EmitSwitch(CodeWriter code, OpDispatchModel dispatch)
    {
        using (code.Block($"switch ({dispatch.Selector})"))
        {
            foreach (var @case in dispatch.Cases)
            {
                var call = $"{@case.Handler}({dispatch.Arguments});";
                code.Line($"case {@case.Op}:");
                using (code.Indent())
                    code.Line(dispatch.ReturnsVoid ? call : "return " + call);
                if (dispatch.ReturnsVoid)
                {
                    using (code.Indent())
                        code.Line("break;");
                }
            }

            code.Line("default:");
            using (code.Indent())
                code.Line($"throw Unknown({dispatch.Selector});");
        }
    }
}
