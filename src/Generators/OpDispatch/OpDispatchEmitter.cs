using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Writes the body of a method with <c>[OpDispatch]</c>.</summary>
internal static class OpDispatchEmitter
{
    public static (string File, string Text) Emit(OpDispatchModel dispatch)
    {
        var method = dispatch.Method;
        var code = CodeWriter.ForFile(method.Namespace, "System", "System.Runtime.CompilerServices");
        using (code.Block($"partial {method.Type}"))
        using (code.Block(method.Declaration))
        {
            EmitCases(code, dispatch);
            code.Line().Line("[MethodImpl(MethodImplOptions.NoInlining)]");
            code.Line($"static ArgumentOutOfRangeException Unknown({dispatch.OpsType} op) =>");
            using (code.Indent())
                code.Line($"new(nameof(op), op, \"{method.Name} has no handler for this op.\");");
        }

        return ($"{method.Namespace}.{method.Name}.Dispatch.g.cs", code.ToString());
    }

    // One comparison after the other, in the order of the enum, which begins with the ops that are frequent: a few are cheaper than the
    // table of addresses that a switch becomes.
    private static void EmitCases(CodeWriter code, OpDispatchModel dispatch)
    {
        var (op, arguments) = (dispatch.Method.Parameters[0], string.Join(", ", dispatch.Method.Parameters.Skip(1)));
        foreach (var @case in dispatch.Cases)
        {
            var call = $"{@case.Handler}({arguments});";
            using (code.Block($"if ({op} == {@case.Op})"))
            {
                if (dispatch.Method.Result == "void")
                    code.Line(call).Line("return;");
                else
                    code.Line("return " + call);
            }
        }

        code.Line($"throw Unknown({op});");
    }
}
