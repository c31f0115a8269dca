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
}
