using System.Globalization;

namespace XePt.Uapi.Text;

/// <summary>Reads enum values by name or number; allocates nothing. The generated flag tables call this.</summary>
/// <remarks>
/// A name is the C name, the C name without the enum's prefix, or the .NET name, in any case. A number is decimal, or
/// hexadecimal after <c>0x</c>; it need not have a name. Blanks around names and numbers do not count.
/// </remarks>
internal static class FlagParser
{
    /// <summary>The text of a word without flags.</summary>
    internal const string NoFlags = "none";

    /// <summary>Reads flags joined with <c>|</c>, or <c>none</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="names">The named bits.</param>
    /// <param name="largest">The largest value the enum can hold.</param>
    /// <param name="value">The word, or 0.</param>
    /// <returns>Whether every part was a name or a number in range.</returns>
    public static bool TryParseFlags(ReadOnlySpan<char> text, ReadOnlySpan<FlagName> names, ulong largest, out ulong value)
    {
        value = 0;
        if (text.Trim().Equals(NoFlags, StringComparison.OrdinalIgnoreCase))
            return true;
        foreach (var part in text.Split('|'))
        {
            if (!TryParseValue(text[part], names, largest, out var flag))
            {
                value = 0;
                return false;
            }

            value |= flag;
        }

        return true;
    }

    /// <summary>Reads one name or number.</summary>
    /// <param name="text">The text.</param>
    /// <param name="names">The named values.</param>
    /// <param name="largest">The largest value the enum can hold.</param>
    /// <param name="value">The value, or 0.</param>
    /// <returns>Whether it was a name or a number in range.</returns>
    public static bool TryParseValue(ReadOnlySpan<char> text, ReadOnlySpan<FlagName> names, ulong largest, out ulong value)
    {
        text = text.Trim();
        foreach (ref readonly var name in names)
        {
            if (name.Is(text))
            {
                value = name.Value;
                return true;
            }
        }

        if (TryParseNumber(text, out value) && value <= largest)
            return true;
        value = 0;
        return false;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out ulong value) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
