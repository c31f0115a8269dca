using System.CommandLine;
using XePt.Cli.Input;

namespace XePt.Cli.Console;

/// <summary>The option <c>--color</c> of all verbs.</summary>
internal static class ColorOption
{
    private const string Name = "--color";

    /// <summary>Makes it.</summary>
    public static Option<ColorChoice> Create()
    {
        Option<ColorChoice> option = CommonOptions.Parsed(
            Name, "WHEN", "Colours: auto (on a terminal, unless NO_COLOR is set), always, or never; auto without it.", Parse);
        option.Recursive = true;
        return option;
    }

    /// <summary>What a command line says; <see cref="ColorChoice.Auto"/> where it says nothing that can be understood.</summary>
    public static ColorChoice Of(ParseResult parse) =>
        parse.GetResult(Name) is { Errors: var errors } && !errors.Any() ? parse.GetValue<ColorChoice>(Name) : ColorChoice.Auto;

    private static ColorChoice Parse(string text) => text.ToUpperInvariant() switch
    {
        "AUTO" => ColorChoice.Auto,
        "ALWAYS" => ColorChoice.Always,
        "NEVER" => ColorChoice.Never,
        _ => throw new MalformedRecordException($"\"{text}\" is neither auto, always nor never"),
    };
}
