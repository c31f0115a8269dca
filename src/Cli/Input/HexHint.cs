using System.Text;
using System.Text.Json;

namespace XePt.Cli.Input;

/// <summary>Says how hexadecimal numbers are written to somebody who wrote one in another way.</summary>
internal static class HexHint
{
    /// <summary>For text that is not JSON: <c>; hexadecimal numbers are strings: "0x1000"</c> when a number without quotes is what is
    /// wrong, else nothing.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="line">Line of the mistake, from 0.</param>
    /// <param name="column">Byte of the mistake in it, from 0.</param>
    public static string For(ReadOnlySpan<byte> text, int line, int column)
    {
        for (; line > 0 && text.IndexOf((byte)'\n') is >= 0 and var end; line--)
            text = text[(end + 1)..];
        int start = Math.Min(column, text.Length), after = start;
        while (start > 0 && IsWord(text[start - 1]))
            start--;
        while (after < text.Length && IsWord(text[after]))
            after++;
        string word = Encoding.ASCII.GetString(text[start..after]);
        string digits = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? word[2..] : word;
        return IsHex(digits) && char.IsAsciiDigit(word[0]) ? $"; hexadecimal numbers are strings: \"0x{digits}\"" : "";
    }

    /// <summary>For a value that is not a number: <c>; hexadecimal numbers begin with 0x</c> when it has the digits of one, else
    /// nothing.</summary>
    public static string For(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && IsHex(value.GetString()!) && value.GetString()!.Any(char.IsAsciiLetter)
            ? "; hexadecimal numbers begin with 0x" : "";

    private static bool IsHex(string text) => text.Length is > 0 and <= 16 && text.All(char.IsAsciiHexDigit);

    private static bool IsWord(byte c) => char.IsAsciiLetterOrDigit((char)c);
}
