using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>Writes the switch over the request numbers and one method for each ioctl.</summary>
/// <remarks>A method of its own each, so that a call clears no other call's argument struct.</remarks>
internal static class IoctlEntryEmitter
{
    public static string Emit(IoctlEntryModel entry)
    {
        var code = CodeWriter.ForFile(entry.Namespace);
        using (code.Block($"partial {entry.Type}"))
        {
            using (code.Block(entry.Declaration))
            using (code.Block($"switch ((byte){entry.Request})"))
            {
                foreach (var call in entry.Calls)
                    EmitCase(code, $"case 0x{call.Number:x2}: // {call.CName}", $"{call.Name}Request({entry.Argument})");
                EmitCase(code, "default:", $"UnknownRequest({entry.Request})");
            }

            foreach (var call in entry.Calls)
                EmitCall(code.Line(), entry.ReturnType, call);
        }

        return code.ToString();
    }

    private static void EmitCase(CodeWriter code, string label, string result)
    {
        code.Line(label);
        using (code.Indent())
            code.Line($"return {result};");
    }

    private static void EmitCall(CodeWriter code, string result, CallModel call)
    {
        using (code.Block($"private {result} {call.Name}Request(global::System.Span<byte> argument)"))
        {
            code.Line($"RawArgument.Read(argument, out {call.Struct} args);");
            if (call.Gate)
                EmitGate(code, call);
            if (call.Arrays.Count > 0)
                code.Line("using UserArrays arrays = UserArrays.Rent(UserMemory);");

            var passed = string.Concat(call.Arrays.Select(static array => ", " + array));
            var invocation = $"{call.Handler}({(call.ByRef ? "ref" : "in")} args{passed});";
            if (!call.CopiesBack)
            {
                code.Line("return " + invocation);
                return;
            }

            code.Line("var error = " + invocation).Line("RawArgument.Write(args, argument);").Line("return error;");
        }
    }

    private static void EmitGate(CodeWriter code, CallModel call)
    {
        code.Line($"var refused = Before{call.Name}(in args);").Line("if (refused != default)");
        using (code.Indent())
            code.Line("return refused;");
    }
}
