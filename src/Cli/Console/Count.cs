using System.Globalization;

namespace XePt.Cli.Console;

/// <summary>Numbers of things, in the singular and the plural.</summary>
internal static class Count
{
    /// <summary><c>1 record</c>, <c>2 records</c>.</summary>
    public static string Of(long number, string thing) =>
        Of(number, thing, $"{thing}s");

    /// <summary><c>1 copy</c>, <c>2 copies</c>.</summary>
    public static string Of(long number, string thing, string things) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {(number == 1 ? thing : things)}");
}
