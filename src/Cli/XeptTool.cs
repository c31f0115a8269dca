using System.CommandLine;
using XePt.Cli.Commands;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Profile;

namespace XePt.Cli;

/// <summary>The tool: all verbs, and what happens to errors. Nobody ever sees a stack trace.</summary>
internal static class XeptTool
{
    /// <summary>Runs a command line.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">Errors and progress.</param>
    /// <param name="events">Reads events of processes; null where the companion has to.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter error, IEventReader? events = null) =>
        Run(args, output, error, Screen.Of(output), Screen.Of(error), events);

    /// <summary>Runs a command line whose output and errors go to certain kinds of screens.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error, Screen screen, Screen errorScreen, IEventReader? events)
    {
        try
        {
            RootCommand root = Create();
            ParseResult parse = root.Parse(WithoutHelpVerb(args));
            return CommandLineError.Find(parse, args) is { } wrong
                ? End(error, errorScreen, parse, wrong)
                : Invoke(parse, new Invocation(args, output, error, screen, errorScreen, events));
        }
        catch (InputException e)
        {
            return End(error, errorScreen, ExitCode.BadInput, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Who reads or writes a named file says so itself; what is left is the output: full, or not even open.
            return End(error, errorScreen, ExitCode.BadInput, $"the output cannot be written: {OneLine(e.Message)}");
        }
        catch (Exception e)
        {
            return End(
                error, errorScreen, ExitCode.InternalError,
                $"internal error: {e.GetType().Name}: {OneLine(e.Message)} (this is a fault of xept: please report it with the input)");
        }
    }

    private static int Invoke(ParseResult parse, Invocation invocation)
    {
        try
        {
            return parse.Invoke(invocation);
        }
        catch (CommandLineException e)
        {
            return End(invocation.Error, invocation.ErrorScreen, parse, e.Error);
        }
    }

    private static int End(TextWriter error, Screen screen, ParseResult parse, CommandLineError wrong)
    {
        Command command = parse.CommandResult.Command;
        string tool = command is RootCommand ? HelpPage.Tool : $"{HelpPage.Tool} {command.Name}";
        if (wrong.Help == HelpShown.None)
            return End(error, screen, ExitCode.BadInput, $"{wrong.Message} (see {tool} --help)");

        // The message comes last: help is longer than most terminals are high, and would push it out of sight.
        var terminal = new Terminal(error, error, screen, screen);
        if (wrong.Help == HelpShown.Page)
            HelpPage.Write(terminal, command, HelpPage.CommonOptions(parse));
        else
            HelpPage.WriteUsage(terminal, command, wrong.About);
        terminal.Line();
        string more = wrong.Help == HelpShown.Page ? "" : $" (see {tool} --help)";
        Terminal.Complain(error, screen, $"{tool}: {wrong.Message}{more}");
        return ExitCode.BadInput;
    }

    private static int End(TextWriter error, Screen screen, int code, string message)
    {
        try
        {
            Terminal.Complain(error, screen, $"{HelpPage.Tool}: {message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody can be told; the exit code says it.
        }

        return code;
    }

    /// <summary><c>xept help VERB</c>, as other tools have it, is <c>xept VERB --help</c>.</summary>
    private static string[] WithoutHelpVerb(string[] args) =>
        args is [HelpPage.Verb, .. var verb] ? [.. verb.SkipWhile(word => word == HelpPage.Verb), "--help"] : args;

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    /// <summary>The catalogue of verbs, and what all have.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("The Intel Xe GPU's VM_BIND and page tables: replay, look at, explain.")
        {
            RunCommand.Create(),
            ExecCommand.Create(),
            MapCommand.Create(),
            SvmCommand.Create(),
            WalkCommand.Create(),
            PteCommand.Create(),
            ExplainCommand.Create(),
            DiffCommand.Create(),
            UapiCommand.Create(),
            VerifyCommand.Create(),
            StressCommand.Create(),
            ProfileCommand.Create(),
            TopCommand.Create(),
            ImportCommand.Create(),
        };
        root.Add(ColorOption.Create());
        HelpPage.AddTo(root);
        return root;
    }
}
