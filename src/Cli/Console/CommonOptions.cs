using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using XePt.Cli.Input;
using XePt.Cli.Traces;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Console;

/// <summary>Arguments and options that several verbs have.</summary>
internal static class CommonOptions
{
    public static Argument<string> Trace(string also = "") =>
        new("TRACE") { Description = $"A trace file (docs/trace-format.md), plain or gzip; - reads the standard input.{also}" };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<PlatformInfo?> Platform(string description) =>
        Parsed<PlatformInfo?>("--platform", "P", $"{description} One of: {PlatformNames.All}.", PlatformNames.Parse);

    public static Option<XeProfile?> Profile() => Parsed<XeProfile?>(
        "--profile", "F|S-gated|S-open", "Stage of the uAPI: final, seed as posted, or seed with mirror binds open.",
        text => ProfileNames.Parse(text));

    /// <summary>A client of a trace, by its name.</summary>
    public static Option<string?> Client(string description) => new("--client") { Description = description, HelpName = "NAME" };

    /// <summary>An option that is a decimal number of at least <paramref name="min"/>.</summary>
    public static Option<int?> Count(string name, string placeholder, string description, int min) =>
        Parsed<int?>(name, placeholder, description, text => ParseCount(text, min));

    /// <summary>An option whose text is read by a function that throws <see cref="MalformedRecordException"/>.</summary>
    public static Option<T> Parsed<T>(string name, string placeholder, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        HelpName = placeholder,
        CustomParser = result => Parse(result, parse),
    };

    /// <summary>An argument that is an address or an entry: hexadecimal, with or without <c>0x</c>, in every verb.</summary>
    public static Argument<ulong> Hex(string name, string description) => ParsedArgument(name, description, ParseHex);

    /// <summary>An argument that may be missing and is a decimal number of at least <paramref name="min"/>.</summary>
    public static Argument<int?> OptionalCount(string name, string description, int min)
    {
        Argument<int?> argument = ParsedArgument(name, description, text => ParseCount(text, min));
        argument.Arity = ArgumentArity.ZeroOrOne;
        return argument;
    }

    /// <summary>An argument whose text is read by a function that throws <see cref="MalformedRecordException"/>.</summary>
    private static Argument<T> ParsedArgument<T>(string name, string description, Func<string, T> parse) => new(name)
    {
        Description = description,
        CustomParser = result => Parse(result, parse),
    };

    private static int? ParseCount(string text, int min)
    {
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        if (isNumber && number >= min)
            return number;
        bool isTooLarge = !isNumber && text.Length > 0 && text.All(char.IsAsciiDigit);
        throw new MalformedRecordException(
            isTooLarge ? $"\"{text}\" is more than {int.MaxValue}" : $"\"{text}\" is not a number of at least {min}");
    }

    private static ulong ParseHex(string text)
    {
        ReadOnlySpan<char> digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
        return ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new MalformedRecordException($"\"{text}\" is not a hexadecimal number of up to 64 bits");
    }

    private static T Parse<T>(ArgumentResult result, Func<string, T> parse)
    {
        try
        {
            return parse(result.Tokens[0].Value);
        }
        catch (MalformedRecordException e)
        {
            string what = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
            result.AddError($"{what}: {e.Message}");
            return default!;
        }
    }
}
