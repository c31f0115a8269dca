using System.Globalization;

namespace XePt.Uapi.Text;

/// <summary>Writes enum values as short C names; allocates nothing. The generated flag tables call this.</summary>
internal static class FlagFormatter
{
    /// <summary>Writes the flags joined with <c>|</c>, then unnamed bits as one hexadecimal number; <c>none</c> for zero.</summary>
    /// <param name="value">The word.</param>
    /// <param name="names">The named bits.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="charsWritten">Characters written; 0 when the destination is too short.</param>
    /// <returns>Whether everything fitted.</returns>
    public static bool TryFormatFlags(ulong value, ReadOnlySpan<FlagName> names, Span<char> destination, out int charsWritten)
    {
        charsWritten = 0;
        if (value == 0)
            return TryAppend(FlagParser.NoFlags, destination, ref charsWritten);
        foreach (ref readonly var name in names)
        {
            if ((value & name.Value) == 0)
                continue;
            value &= ~name.Value;
            if (!TryAppend(name.ShortName, destination, ref charsWritten))
                return false;
            if (value != 0 && !TryAppend("|", destination, ref charsWritten))
                return false;
        }

        return value == 0 || TryAppendNumber(value, destination, ref charsWritten);
    }

    /// <summary>Writes the name of a value, or the value as a hexadecimal number when it has none.</summary>
    /// <param name="value">The value.</param>
    /// <param name="names">The named values.</param>
    /// <param name="destination">Where to write.</param>
    /// <param name="charsWritten">Characters written; 0 when the destination is too short.</param>
    /// <returns>Whether everything fitted.</returns>
    public static bool TryFormatValue(ulong value, ReadOnlySpan<FlagName> names, Span<char> destination, out int charsWritten)
    {
        charsWritten = 0;
        foreach (ref readonly var name in names)
        {
            if (name.Value == value)
                return TryAppend(name.ShortName, destination, ref charsWritten);
        }

        return TryAppendNumber(value, destination, ref charsWritten);
    }

    private static bool TryAppend(ReadOnlySpan<char> text, Span<char> destination, ref int charsWritten)
    {
        if (text.TryCopyTo(destination[charsWritten..]))
        {
            charsWritten += text.Length;
            return true;
        }

        charsWritten = 0;
        return false;
    }

    private static bool TryAppendNumber(ulong value, Span<char> destination, ref int charsWritten)
    {
        Span<char> digits = stackalloc char[16];
        value.TryFormat(digits, out var length, "x", CultureInfo.InvariantCulture);
        return TryAppend("0x", destination, ref charsWritten) && TryAppend(digits[..length], destination, ref charsWritten);
    }
}
