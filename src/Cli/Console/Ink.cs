using System.Globalization;

namespace XePt.Cli.Console;

/// <summary>What a colour means. It is the same in all verbs, and nothing is said by colour alone.</summary>
internal enum Ink
{
    /// <summary>Nothing in particular.</summary>
    Plain,

    /// <summary>The name of a column or a part of the output.</summary>
    Heading,

    /// <summary>What one may skip.</summary>
    Faint,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Refused, missing, or not as expected.</summary>
    Bad,

    /// <summary>Not wrong, but not usable as it is: a mapping that is gone or old.</summary>
    Warning,

    /// <summary>Backed by a BO.</summary>
    Bo,

    /// <summary>Backed by CPU pages.</summary>
    Userptr,

    /// <summary>Reads zero.</summary>
    Null,

    /// <summary>A CPU address mirror.</summary>
    Mirror,

    /// <summary>Pages of 4 KiB.</summary>
    Page4K,

    /// <summary>Pages of 64 KiB.</summary>
    Page64K,

    /// <summary>Pages of 64 KiB in compact tables.</summary>
    PageCompact64K,

    /// <summary>Pages of 2 MiB.</summary>
    Page2M,

    /// <summary>Pages of 1 GiB.</summary>
    Page1G,

    /// <summary>Pages that read zero.</summary>
    PageNull,

    /// <summary>A page table below another.</summary>
    Table,
}

/// <summary>Inks as escape sequences of terminals; only the sixteen colours that people choose themselves.</summary>
internal static class InkCodes
{
    /// <summary>Ends any ink.</summary>
    public const string End = "\e[0m";

    /// <summary>Begins an ink; empty for the plain one.</summary>
    public static string Begin(Ink ink) => ink switch
    {
        Ink.Heading => "\e[1m",
        Ink.Faint => "\e[2m",
        Ink.Good => "\e[32m",
        Ink.Bad => "\e[31m",
        Ink.Warning => "\e[33m",
        Ink.Bo => "\e[94m",
        Ink.Userptr => "\e[95m",
        Ink.Null => "\e[90m",
        Ink.Mirror => "\e[96m",
        Ink.Page4K => "\e[30;43m",
        Ink.Page64K => "\e[30;42m",
        Ink.PageCompact64K => "\e[30;46m",
        Ink.Page2M => "\e[97;44m",
        Ink.Page1G => "\e[97;45m",
        Ink.PageNull => "\e[97;100m",
        Ink.Table => "\e[30;47m",
        _ => "",
    };

    /// <summary>The colour of an ink in a word, or null when it has none.</summary>
    public static string? Foreground(Ink ink) => NameOf(Numbers(ink)[0]);

    /// <summary>The colour behind what is written in an ink, or null when there is none.</summary>
    public static string? Background(Ink ink) => Numbers(ink) is [_, var behind] ? NameOf(behind) : null;

    private static int[] Numbers(Ink ink) =>
        Begin(ink) is ['\e', '[', .. var numbers, 'm']
            ? [.. numbers.Split(';').Select(number => int.Parse(number, CultureInfo.InvariantCulture))] : [0];

    // 30 to 37 are colours of letters, 40 to 47 those behind them; 90 and 100 up are the brighter ones, of which the first is grey.
    private static string? NameOf(int number) => number switch
    {
        < 30 => null,
        90 or 100 => "grey",
        _ => Names[number % 10],
    };

    private static string[] Names { get; } = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
}
