using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace XePt.Cli.Console;

/// <summary>What is wrong with a command line.</summary>
/// <param name="Message">In a line, without a full stop.</param>
/// <param name="ShowsHelp">Whether the names that there are help: one was mistyped or is missing.</param>
internal sealed record CommandLineError(string Message, bool ShowsHelp)
{
    /// <summary>Looks for an error; null when the command line can be run.</summary>
    /// <param name="parse">What was understood of it.</param>
    /// <param name="args">The command line itself.</param>
    public static CommandLineError? Find(ParseResult parse, string[] args)
    {
        if (UnknownVerb(parse) is { } verb)
        {
            return new CommandLineError(
                $"unknown verb '{verb}'{NearestName.Hint(verb, parse.CommandResult.Command.Subcommands.Select(known => known.Name))}",
                ShowsHelp: true);
        }

        if (parse.Action is HelpPage.Action)
            return null;
        if (UnknownOption(parse) is { } option)
            return new CommandLineError($"unknown option '{option}'{NearestName.Hint(option, OptionsOf(parse))}", ShowsHelp: true);
        if (SwitchWithValue(parse, args) is { } valued)
            return new CommandLineError($"{valued.Name} takes no value", ShowsHelp: false);
        if (parse.Action is not ParseErrorAction)
            return null;

        Command command = parse.CommandResult.Command;
        if (command is RootCommand)
            return new CommandLineError("no verb given", ShowsHelp: true);

        string message = parse.UnmatchedTokens is [var extra, ..] ? $"unexpected argument '{extra}'"
            : (MissingArgument(parse) ?? MissingOption(parse)) is { } missing ? $"{missing} is missing"
            : OptionWithoutValue(parse) is { } bare ? $"{bare.Name}: {bare.HelpName ?? "its value"} is missing"
            : parse.Errors[0].Message;
        return new CommandLineError(message.TrimEnd('.').ReplaceLineEndings(" "), ShowsHelp: false);
    }

    private static string? UnknownVerb(ParseResult parse) => parse.CommandResult.Command is RootCommand
        ? parse.UnmatchedTokens.FirstOrDefault(token => !LooksLikeOption(token)) : null;

    private static string? MissingArgument(ParseResult parse) => parse.CommandResult.Command.Arguments
        .FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && (parse.GetResult(argument)?.Tokens.Count ?? 0) == 0)?.Name;

    private static string? MissingOption(ParseResult parse) => parse.CommandResult.Command.Options
        .FirstOrDefault(option => option.Required && parse.GetResult(option) is not { Implicit: false })?.Name;

    private static Option? OptionWithoutValue(ParseResult parse) => parse.CommandResult.Command.Options
        .FirstOrDefault(option => option.Arity.MinimumNumberOfValues > 0
            && parse.GetResult(option) is { Implicit: false, Tokens.Count: 0 });

    /// <summary>Options that a verb does not know would be taken for its arguments, and blamed on them.</summary>
    private static string? UnknownOption(ParseResult parse) => parse.Tokens
        .TakeWhile(token => token.Type != TokenType.DoubleDash)
        .FirstOrDefault(token => token.Type == TokenType.Argument && LooksLikeOption(token.Value))?.Value;

    /// <summary>A switch is there or not; the value of <c>--json=1</c> would be taken for an argument, and the blame be on that.</summary>
    private static Option? SwitchWithValue(ParseResult parse, string[] args) => args.TakeWhile(arg => arg != "--")
        .Select(arg => arg.Split(['=', ':'], 2))
        .Where(parts => parts is [_, var value] && !bool.TryParse(value, out _))
        .Select(parts => parse.CommandResult.Command.Options
            .FirstOrDefault(option => option.Name == parts[0] && option.ValueType == typeof(bool)))
        .FirstOrDefault(option => option is not null);

    private static bool LooksLikeOption(string text) =>
        text is ['-', '-', _, ..] || (text is ['-', var first, ..] && char.IsAsciiLetter(first));

    private static IEnumerable<string> OptionsOf(ParseResult parse) =>
        parse.CommandResult.Command.Options.Concat(HelpPage.CommonOptions(parse)).Select(option => option.Name);
}
