using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace XePt.Cli.Console;

/// <summary>What is shown above a message about a command line.</summary>
internal enum HelpShown
{
    /// <summary>Nothing; the message says where help is. For values that cannot be used.</summary>
    None,

    /// <summary>How the verb is used, with an example: an argument is missing, or there is one too many.</summary>
    Usage,

    /// <summary>The whole help: a name was mistyped, or no verb is given.</summary>
    Page,
}

/// <summary>What is wrong with a command line.</summary>
/// <param name="Message">In a line, without a full stop.</param>
/// <param name="Help">What helps to write a right one.</param>
/// <param name="About">The option that it is about, when that is not one of the names in the usage.</param>
internal sealed record CommandLineError(string Message, HelpShown Help, Option? About = null)
{
    /// <summary>Looks for an error; null when the command line can be run.</summary>
    /// <param name="parse">What was understood of it.</param>
    /// <param name="args">The command line itself.</param>
    public static CommandLineError? Find(ParseResult parse, string[] args)
    {
        if (UnknownVerb(parse) is { } verb)
            return new CommandLineError($"unknown verb '{verb}'{NearestName.Hint(verb, VerbsOf(parse))}", HelpShown.Page);
        if (parse.Action is HelpPage.Action)
            return null;
        if (UnknownOption(parse) is { } option)
            return new CommandLineError($"unknown option '{option}'{NearestName.Hint(option, OptionsOf(parse))}", HelpShown.Page);
        if (SwitchWithValue(parse, args) is { } valued)
            return new CommandLineError($"{valued.Name} takes no value", HelpShown.None);
        if (parse.Action is not ParseErrorAction)
            return null;
        if (parse.CommandResult.Command is RootCommand && OptionWithoutValue(parse) is null)
            return new CommandLineError("no verb given", HelpShown.Page);
        return Misfit(parse) ?? new CommandLineError(parse.Errors[0].Message.TrimEnd('.').ReplaceLineEndings(" "), HelpShown.None);
    }

    /// <summary>An argument or a value too many or too few.</summary>
    private static CommandLineError? Misfit(ParseResult parse)
    {
        if (parse.UnmatchedTokens is [var extra, ..])
            return new CommandLineError($"unexpected argument '{extra}'", HelpShown.Usage);
        if ((MissingArgument(parse) ?? MissingOption(parse)) is { } missing)
            return new CommandLineError($"{missing} is missing", HelpShown.Usage);
        return OptionWithoutValue(parse) is { } bare
            ? new CommandLineError($"{bare.Name}: {bare.HelpName ?? "its value"} is missing", HelpShown.Usage, bare) : null;
    }

    /// <summary>The first word that is not understood, unless it was to be an option: that is then what was mistyped.</summary>
    private static string? UnknownVerb(ParseResult parse) =>
        parse.CommandResult.Command is RootCommand && parse.UnmatchedTokens is [var first, ..] && !LooksLikeOption(first) ? first : null;

    private static string? MissingArgument(ParseResult parse) => parse.CommandResult.Command.Arguments
        .FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && (parse.GetResult(argument)?.Tokens.Count ?? 0) == 0)?.Name;

    private static string? MissingOption(ParseResult parse) => parse.CommandResult.Command.Options
        .FirstOrDefault(option => option.Required && parse.GetResult(option) is not { Implicit: false })?.Name;

    private static Option? OptionWithoutValue(ParseResult parse) => AllOptions(parse)
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

    private static IEnumerable<string> OptionsOf(ParseResult parse) => AllOptions(parse).Select(option => option.Name);

    private static IEnumerable<Option> AllOptions(ParseResult parse) =>
        parse.CommandResult.Command.Options.Union(HelpPage.CommonOptions(parse));

    /// <summary>What can stand where a verb does.</summary>
    private static IEnumerable<string> VerbsOf(ParseResult parse) => parse.CommandResult.Command.Subcommands
        .Select(verb => verb.Name).Append(HelpPage.Verb).Concat(OptionsOf(parse));
}
