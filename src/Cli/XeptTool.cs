using System.CommandLine;
using System.CommandLine.Invocation;
using XePt.Cli.Commands;
using XePt.Cli.Console;
using XePt.Cli.Input;

namespace XePt.Cli;

/// <summary>The tool: all verbs, and what happens to errors. Nobody ever sees a stack trace.</summary>
internal static class XeptTool
{
    /// <summary>Runs a command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            ParseResult parse = Create().Parse(args);
            if (parse.Action is ParseErrorAction)
            {
                string verb = parse.CommandResult.Command is RootCommand ? "" : $" {parse.CommandResult.Command.Name}";
                string what = parse.UnmatchedTokens.Count > 0 ? $"unknown command or argument '{parse.UnmatchedTokens[0]}'" : parse.Errors[0].Message;
                error.WriteLine($"xept: {what.TrimEnd('.').ReplaceLineEndings(" ")} (see xept{verb} --help)");
                return ExitCode.BadInput;
            }

            return parse.Invoke(new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false });
        }
        catch (InputException e)
        {
            return End(error, ExitCode.BadInput, e.Message);
        }
        catch (IOException e)
        {
            // Who reads or writes a named file says so itself; what is left is the output.
            return End(error, ExitCode.BadInput, $"the output cannot be written: {OneLine(e.Message)}");
        }
        catch (Exception e)
        {
            return End(
                error, ExitCode.InternalError, $"internal error: {e.GetType().Name}: {OneLine(e.Message)} (this is a fault of xept: please report it with the input)");
        }
    }

    private static int End(TextWriter error, int code, string message)
    {
        try
        {
            error.WriteLine($"xept: {message}");
        }
        catch (IOException)
        {
            // Nobody can be told; the exit code says it.
        }

        return code;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static RootCommand Create() => new("The Intel Xe GPU's VM_BIND and page tables: replay, look at, explain.")
    {
        RunCommand.Create(),
        MapCommand.Create(),
        WalkCommand.Create(),
        PteCommand.Create(),
        ExplainCommand.Create(),
        DiffCommand.Create(),
        UapiCommand.Create(),
        VerifyCommand.Create(),
        StressCommand.Create(),
    };
}
