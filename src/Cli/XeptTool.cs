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
            error.WriteLine($"xept: {e.Message}");
            return ExitCode.BadInput;
        }
        catch (Exception e)
        {
            string message = e.Message.ReplaceLineEndings(" ");
            error.WriteLine($"xept: internal error: {e.GetType().Name}: {message} (this is a fault of xept: please report it with the input)");
            return ExitCode.InternalError;
        }
    }

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
    };
}
