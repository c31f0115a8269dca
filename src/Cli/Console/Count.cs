using System.Globalization;

namespace XePt.Cli.Console;

/// <summary>Numbers of things, in the singular and the plural.</summary>
internal static class Count
{
    /// <summary><c>1 record</c>, <c>2 records</c>.</summary>
    public static string Of(long number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");
}
