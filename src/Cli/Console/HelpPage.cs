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
        if (command is Verb verb)
            WriteVerb(terminal, verb, common);
        else
            WriteTool(terminal, command);
    }

    private static void WriteTool(Terminal terminal, Command root)
    {
        terminal.Line(root.Description!);
        Part(terminal, "usage");
        terminal.Line($"  {Tool} VERB ...", hang: 6);
        Pairs(terminal, "verbs", root.Subcommands.Select(verb => (verb.Name, verb.Description!)));
        Pairs(terminal, "options", root.Options.Select(TextOf));
        Part(terminal, "examples");
        foreach (Verb verb in root.Subcommands.OfType<Verb>())
            terminal.Line($"  {Tool} {verb.Help.Examples[0].CommandLine}", hang: 6);
        Pairs(terminal, "exit codes", [("0", "everything is as asked"), ("1", "something differs from what was expected"),
            ("2", AboutBadInput), ("3", AboutInternalError)]);
        Colours(terminal, [.. InkLegend.Verdicts, .. InkLegend.Kinds, .. Glyph.Help]);
        terminal.Line();
        terminal.Line($"{Tool} VERB --help says more about a verb.");
    }

    private static void WriteVerb(Terminal terminal, Verb verb, IEnumerable<Option> common)
    {
        terminal.Line(verb.Description!);
        Part(terminal, "usage");
        terminal.Line(
            $"  {Tool} {verb.Name}" +
            string.Concat(verb.Arguments.Select(UsageOf).Concat(verb.Options.Where(option => option.Required).Select(UsageOf))) +
            " [options]", hang: 6);
        Pairs(terminal, "arguments", verb.Arguments.Select(argument => (argument.Name, argument.Description!)));
        Pairs(terminal, "options", verb.Options.Concat(common).Select(TextOf));
        Part(terminal, "examples");
        foreach (Example example in verb.Help.Examples)
        {
            terminal.Line($"  {Tool} {example.CommandLine}", hang: 6);
            terminal.Line($"      {example.What}", Ink.Faint, hang: 6);
        }

        (int Code, string? Meaning)[] codes =
        [
            (ExitCode.Ok, verb.Help.Success), (ExitCode.Difference, verb.Help.Difference), (ExitCode.BadInput, AboutBadInput),
            (ExitCode.InternalError, AboutInternalError),
        ];
        Pairs(terminal, "exit codes", codes.Where(code => code.Meaning is not null).Select(
            code => (code.Code.ToString(CultureInfo.InvariantCulture), code.Meaning!)));
        Colours(terminal, verb.Help.Colours);
    }

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
