using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using XePt.Cli.Drawing;

namespace XePt.Cli.Console;

/// <summary>The help of the tool and of each verb.</summary>
internal static class HelpPage
{
    /// <summary>Name of the tool.</summary>
    public const string Tool = "xept";

    /// <summary>What stands for <c>--help</c> in front of a verb.</summary>
    public const string Verb = "help";

    private const string AboutBadInput =
        "the command line or the input cannot be used, or the output cannot be written; the error output says why";
    private const string AboutInternalError = "a fault of xept itself";

    /// <summary>Lets <c>--help</c> of a command and of all below it write these pages.</summary>
    public static void AddTo(RootCommand root)
    {
        HelpOption option = root.Options.OfType<HelpOption>().Single();
        option.Description = "Show this help.";
        option.Action = new Action();
        root.Options.OfType<VersionOption>().Single().Description = "Show the version of xept.";
    }

    /// <summary>The options that every verb has.</summary>
    public static IEnumerable<Option> CommonOptions(ParseResult parse) =>
        parse.RootCommandResult.Command.Options.Where(option => option.Recursive);

    /// <summary>Writes the page of a command.</summary>
    public static void Write(Terminal terminal, Command command, IEnumerable<Option> common)
    {
        if (command is Console.Verb verb)
            WriteVerb(terminal, verb, common);
        else
            WriteTool(terminal, command);
    }

    /// <summary>Writes what somebody needs who has left something out: how a command is used, what its arguments are, an example.</summary>
    /// <param name="about">An option that it is about.</param>
    public static void WriteUsage(Terminal terminal, Command command, Option? about)
    {
        Usages(terminal, command);
        Pairs(terminal, "arguments", ArgumentsOf(command));
        Option[] options = [.. command.Options.Where(option => option.Required).Union(about is null ? [] : [about])];
        Pairs(terminal, "options", options.Select(TextOf));
        if (command is not Console.Verb verb)
            return;
        Part(terminal, "example");
        Write(terminal, verb.Help.Examples[0]);
    }

    private static void WriteTool(Terminal terminal, Command root)
    {
        terminal.Line(root.Description!);
        terminal.Line();
        Usages(terminal, root);
        Pairs(terminal, "verbs", root.Subcommands.Select(verb => (verb.Name, verb.Description!)));
        Pairs(terminal, "options", root.Options.Select(TextOf));
        Part(terminal, "examples");
        foreach (Verb verb in root.Subcommands.OfType<Console.Verb>())
            terminal.Line($"  {Tool} {verb.Help.Examples[0].CommandLine}", hang: 6);
        Pairs(terminal, "exit codes", [("0", "everything is as asked"), ("1", "something differs from what was expected"),
            ("2", AboutBadInput), ("3", AboutInternalError)]);
        Colours(terminal, [.. InkLegend.Verdicts, .. InkLegend.Kinds, .. Glyph.Help]);
        terminal.Line();
        terminal.Line($"{Tool} VERB --help says more about a verb.");
    }

    private static void WriteVerb(Terminal terminal, Console.Verb verb, IEnumerable<Option> common)
    {
        terminal.Line(verb.Description!);
        terminal.Line();
        Usages(terminal, verb);
        Pairs(terminal, "arguments", ArgumentsOf(verb));
        Pairs(terminal, "options", verb.Options.Concat(common).Select(TextOf));
        Part(terminal, "examples");
        foreach (Example example in verb.Help.Examples)
            Write(terminal, example);

        (int Code, string? Meaning)[] codes =
        [
            (ExitCode.Ok, verb.Help.Success), (ExitCode.Difference, verb.Help.Difference), (ExitCode.BadInput, AboutBadInput),
            (ExitCode.InternalError, AboutInternalError),
        ];
        Pairs(terminal, "exit codes", codes.Where(code => code.Meaning is not null).Select(
            code => (code.Code.ToString(CultureInfo.InvariantCulture), code.Meaning!)));
        Colours(terminal, verb.Help.Colours);
    }

    private static void Write(Terminal terminal, Example example)
    {
        terminal.Line($"  {Tool} {example.CommandLine}", hang: 6);
        terminal.Line($"      {example.What}", Ink.Faint, hang: 6);
    }

    private static IEnumerable<(string Term, string About)> ArgumentsOf(Command command) =>
        command.Arguments.Select(argument => (argument.Name, argument.Description!));

    private static void Usages(Terminal terminal, Command command)
    {
        terminal.Line("usage", Ink.Heading);
        foreach (string usage in UsagesOf(command))
            terminal.Line($"  {Tool} {usage}", hang: 6);
    }

    private static IEnumerable<string> UsagesOf(Command command) => command switch
    {
        Console.Verb { Help.Usages: { Count: > 0 } usages } => usages.Select(usage => $"{command.Name} {usage}"),
        Console.Verb => [string.Concat(command.Arguments.Select(UsageOf)
            .Concat(command.Options.Where(option => option.Required).Select(UsageOf)).Prepend(command.Name).Append(" [options]"))],
        _ => ["VERB ..."],
    };

    private static string UsageOf(Argument argument) => argument.Arity switch
    {
        { MinimumNumberOfValues: 0 } => $" [{argument.Name}]",
        { MaximumNumberOfValues: > 1 } => $" {argument.Name}...",
        _ => $" {argument.Name}",
    };

    private static string UsageOf(Option option) => $" {option.Name} {option.HelpName}";

    private static (string Term, string About) TextOf(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => alias is ['-', not '-', ..]).Take(1).Append(option.Name));
        string value = option.Arity.MaximumNumberOfValues > 0 && option.ValueType != typeof(bool) ? $" {option.HelpName}" : "";
        return (names + value, $"{option.Description}{(option.Required ? " Required." : "")}");
    }

    private static void Part(Terminal terminal, string title)
    {
        terminal.Line();
        terminal.Line(title, Ink.Heading);
    }

    private static void Colours(Terminal terminal, IReadOnlyList<InkMeaning> meanings)
    {
        if (meanings.Count == 0)
            return;
        Part(terminal, "colours and letters; nothing is said by a colour alone");
        terminal.List(["", "", Column.Prose("")], meanings.Select(meaning => new Cell[]
        {
            "", new(meaning.Sign, meaning.Ink), meaning.Meaning,
        }));
    }

    private static void Pairs(Terminal terminal, string title, IEnumerable<(string Term, string About)> pairs)
    {
        if (!pairs.Any())
            return;
        Part(terminal, title);
        Cell indent = "";
        terminal.List(["", "", Column.Prose("")], pairs.Select(pair => new[] { indent, pair.Term, pair.About }));
    }

    /// <summary>What <c>--help</c> does.</summary>
    internal sealed class Action : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Write(Terminal.Of(parseResult), parseResult.CommandResult.Command, CommonOptions(parseResult));
            return ExitCode.Ok;
        }
    }
}
