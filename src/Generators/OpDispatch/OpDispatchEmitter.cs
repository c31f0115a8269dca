using XePt.Generators.Common;

namespace XePt.Generators.OpDispatch;

/// <summary>Writes the other half of a class with <c>[OpDispatch]</c>.</summary>
internal static class OpDispatchEmitter
{
    public static string Emit(OpDispatchModel dispatch)
    {
        var code = CodeWriter.ForFile(dispatch.Namespace, "System", "System.Runtime.CompilerServices");
        using (code.Block($"{dispatch.Accessibility} static partial class {dispatch.ClassName}"))
        {
            EmitDispatch(code, dispatch);
            code.Line().Line("[MethodImpl(MethodImplOptions.NoInlining)]");
            code.Line($"private static ArgumentOutOfRangeException UnknownOp({dispatch.OpsType} op) =>");
            using (code.Indent())
                code.Line($"new(nameof(op), op, \"{dispatch.ClassName} has no handler for this op.\");");
        }

        return code.ToString();
    }

    private static void EmitDispatch(CodeWriter code, OpDispatchModel dispatch)
    {
        var signature = dispatch.Signature;
        var op = OpName(signature.Parameters);
        var declared = string.Concat(signature.Parameters.Select(static parameter => $", {parameter.Type} {parameter.Name}"));
        var modifier = signature.IsUnsafe ? "unsafe " : "";
        EmitDocs(code, signature, op);
        using (code.Block($"{dispatch.Accessibility} static {modifier}{signature.ReturnType} Dispatch({dispatch.OpsType} {op}{declared})"))
        using (code.Block($"switch ({op})"))
        {
            foreach (var @case in dispatch.Cases)
            {
                code.Line($"case {dispatch.OpsType}.{@case.Member}:");
                using (code.Indent())
                    EmitCall(code, @case.Handler, signature);
            }

            code.Line("default:");
            using (code.Indent())
                code.Line($"throw UnknownOp({op});");
        }
    }

    private static void EmitDocs(CodeWriter code, SignatureModel signature, string op)
    {
        code.Summary("Calls the handler of an op.");
        code.Line($"/// <param name=\"{op}\">The op.</param>");
        foreach (var parameter in signature.Parameters)
            code.Line($"/// <param name=\"{parameter.Name.TrimStart('@')}\">Passed on to the handler.</param>");
        if (signature.ReturnType != "void")
            code.Line("/// <returns>What the handler returns.</returns>");
        code.Line("/// <exception cref=\"ArgumentOutOfRangeException\">The op is no member of the enum.</exception>");
    }

    private static void EmitCall(CodeWriter code, string handler, SignatureModel signature)
    {
        var call = $"{handler}({string.Join(", ", signature.Parameters.Select(static parameter => parameter.Pass + parameter.Name))});";
        if (signature.ReturnType == "void")
            code.Line(call).Line("return;");
        else
            code.Line("return " + call);
    }

    /// <summary>A name for the op that no parameter has.</summary>
    private static string OpName(EquatableArray<ParameterModel> parameters)
    {
        var name = "kind";
        while (parameters.Any(parameter => parameter.Name == name))
            name += "_";
        return name;
    }
}
