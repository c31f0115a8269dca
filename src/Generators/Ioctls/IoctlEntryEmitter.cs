using XePt.Generators.Common;

namespace XePt.Generators.Ioctls;

/// <summary>Writes the switch over the request numbers and one method for each ioctl.</summary>
/// <remarks>A method of its own each, so that a call clears no other call's argument struct.</remarks>
internal static class IoctlEntryEmitter
{
    public static (string File, string Text) Emit(IoctlEntryModel entry)
    {
        var method = entry.Method;
        var code = CodeWriter.ForFile(method.Namespace);
        using (code.Block($"partial {method.Type}"))
        {
            using (code.Block(method.Declaration))
            using (code.Block($"switch ((byte){method.Parameters[0]})"))
            {
                foreach (var call in entry.Calls)
                    EmitCase(code, $"case 0x{call.Number:x2}: // {call.CName}", $"{call.Name}Request({method.Parameters[1]})");
                EmitCase(code, "default:", $"UnknownRequest({method.Parameters[0]})");
            }

            foreach (var call in entry.Calls)
                EmitCall(code.Line(), method.Result, call);
        }

        return ($"{method.Namespace}.{method.Name}.Ioctls.g.cs", code.ToString());
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
                EmitCase(code.Line($"var refused = Before{call.Name}(in args);"), "if (refused != default)", "refused");
            if (call.HasArrays)
                code.Line("using UserArrays arrays = UserArrays.Rent(UserMemory);");
            if (call.CopiesBack)
                code.Line($"var error = {call.Handler};").Line("RawArgument.Write(args, argument);").Line("return error;");
            else
                code.Line($"return {call.Handler};");
        }
    }
}
