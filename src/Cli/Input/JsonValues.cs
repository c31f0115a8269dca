using System.Globalization;
using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Input;

/// <summary>Strict reading of single JSON values: numbers are integers, or strings in decimal or hexadecimal with <c>0x</c>; addresses in
/// strings are hexadecimal.</summary>
internal static class JsonValues
{
    private const int MaxQuoted = 40;

    /// <summary>An unsigned number of up to 64 bits.</summary>
    /// <param name="value">The value.</param>
    /// <param name="what">Name of its field, which may say that it is an address.</param>
    public static ulong ToUInt64(this JsonElement value, string what) =>
        AddressFields.Has(what) ? value.ToAddress(what) : value.ToNumber(what);

    /// <summary>An address. Digits in a string could be meant in either way, other verbs take them for hexadecimal ones, so they must
    /// begin with <c>0x</c>.</summary>
    public static ulong ToAddress(this JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 1 } text && text.All(char.IsAsciiDigit)
            ? throw new MalformedRecordException(
                $"'{what}': addresses begin with 0x: 0x{text}, if that is not meant to be decimal; decimal ones are JSON numbers")
            : value.ToNumber(what);

    private static ulong ToNumber(this JsonElement value, string what)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number))
            return number;
        if (value.ValueKind == JsonValueKind.String && TryParse(value.GetString(), out number))
            return number;
        throw new MalformedRecordException($"'{what}': {Quote(value)} is not an unsigned number of up to 64 bits{HexHint.For(value)}");
    }

    /// <summary>A number in <c>[0, max]</c>.</summary>
    public static int ToInt32(this JsonElement value, string what, int max = int.MaxValue)
    {
        ulong number = value.ToUInt64(what);
        return number <= (ulong)max ? (int)number : throw new MalformedRecordException($"'{what}': {Quote(value)} is more than {max}");
    }

    /// <summary>A field of <paramref name="size"/> bytes; negative JSON integers are stored as two's complement.</summary>
    public static ulong ToField(this JsonElement value, string what, int size)
    {
        ulong largest = ulong.MaxValue >> (64 - (8 * size));
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long signed) && signed < 0
            && signed >= -1 - (long)(largest >> 1))
            return (ulong)signed & largest;

        ulong number = value.ToUInt64(what);
        return number <= largest ? number : throw new MalformedRecordException($"'{what}': {Quote(value)} does not fit in {8 * size} bits");
    }

    public static string ToText(this JsonElement value, string what) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new MalformedRecordException($"'{what}': {Quote(value)} is not a string");

    public static bool ToBool(this JsonElement value, string what) => value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw new MalformedRecordException($"'{what}': {Quote(value)} is not true or false");

    /// <summary>The elements of an array.</summary>
    public static JsonElement[] ToArray(this JsonElement value, string what) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray()]
        : throw new MalformedRecordException($"'{what}': {Quote(value)} is not an array");

    /// <summary>An errno: 0 or a negative number, or a name like <c>EINVAL</c> or <c>-EINVAL</c>.</summary>
    public static Errno ToErrno(this JsonElement value, string what)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && Enum.IsDefined((Errno)number))
            return (Errno)number;
        if (value.ValueKind == JsonValueKind.String
            && value.GetString()!.TrimStart('-') is var name
            && Enum.GetNames<Errno>().Contains(name, StringComparer.OrdinalIgnoreCase))
            return Enum.Parse<Errno>(name, ignoreCase: true);
        throw new MalformedRecordException($"'{what}': {Quote(value)} is not an errno: use 0, a negative number or a name like EINVAL");
    }

    /// <summary>A number in text: decimal, or hexadecimal after <c>0x</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>A value as a message shows it.</summary>
    public static string Quote(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= MaxQuoted ? text : string.Concat(text.AsSpan(0, MaxQuoted), "...");
    }
}
