using System.Globalization;
using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Vectors;

/// <summary>Strict access to the fields of a vector line: what is missing, of the wrong type or out of range is malformed input.</summary>
internal static class VectorJson
{
    private const int MaxQuoted = 40;

    /// <summary>A field that must be there.</summary>
    public static JsonElement Field(this JsonElement of, string name)
    {
        if (of.ValueKind != JsonValueKind.Object)
            throw new MalformedVectorException($"expected an object with '{name}', found {Quote(of)}");
        return of.TryGetProperty(name, out JsonElement value) ? value : throw new MalformedVectorException($"'{name}' is missing");
    }

    /// <summary>The elements of a field that is an array.</summary>
    public static JsonElement[] Items(this JsonElement of, string name) => of.Field(name).Items(count: null, name);

    /// <summary>The elements of an array, of which there must be <paramref name="count"/> unless that is null.</summary>
    public static JsonElement[] Items(this JsonElement array, int? count, string what)
    {
        if (array.ValueKind != JsonValueKind.Array)
            throw new MalformedVectorException($"'{what}' is not an array: {Quote(array)}");
        if (count is { } expected && array.GetArrayLength() != expected)
            throw new MalformedVectorException($"'{what}' has {array.GetArrayLength()} elements instead of {expected}");
        return [.. array.EnumerateArray()];
    }

    public static string Text(this JsonElement of, string name) => of.Field(name).AsText(name);

    public static ulong Hex(this JsonElement of, string name) => of.Field(name).AsHex(name);

    public static uint Hex32(this JsonElement of, string name) => of.Field(name).AsHex(name) is var value && value <= uint.MaxValue
        ? (uint)value
        : throw new MalformedVectorException($"'{name}' is wider than 32 bits: 0x{value:x}");

    public static long Integer(this JsonElement of, string name, long min, long max) => of.Field(name).AsInteger(name, min, max);

    public static int Count(this JsonElement of, string name) => (int)of.Integer(name, 0, int.MaxValue);

    public static bool Flag(this JsonElement of, string name) => of.Field(name).AsFlag(name);

    public static Errno Error(this JsonElement of, string name) => (Errno)(int)of.Integer(name, int.MinValue, int.MaxValue);

    public static string AsText(this JsonElement value, string name) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new MalformedVectorException($"'{name}' is not a string: {Quote(value)}");

    /// <summary>A number of up to 64 bits, written <c>"0x..."</c>.</summary>
    public static ulong AsHex(this JsonElement value, string name)
    {
        string text = value.AsText(name);
        if (!text.StartsWith("0x", StringComparison.Ordinal) || !IsAllHex(text.AsSpan(2)))
            throw new MalformedVectorException($"'{name}' is not a hex number: {Quote(value)}");
        return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw new MalformedVectorException($"'{name}' does not fit in 64 bits: {Quote(value)}");
    }

    public static long AsInteger(this JsonElement value, string name, long min, long max)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out long number))
            throw new MalformedVectorException($"'{name}' is not an integer: {Quote(value)}");
        return number >= min && number <= max
            ? number
            : throw new MalformedVectorException($"'{name}' is not in {min}..{max}: {number}");
    }

    public static int AsCount(this JsonElement value, string name) => (int)value.AsInteger(name, 0, int.MaxValue);

    public static bool AsFlag(this JsonElement value, string name) => value.AsInteger(name, 0, 1) != 0;

    /// <summary>One of a fixed set of words.</summary>
    public static T OneOf<T>(this JsonElement of, string name, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        string text = of.Text(name);
        foreach ((string word, T value) in choices)
        {
            if (text == word)
                return value;
        }

        throw new MalformedVectorException($"'{name}' has an unknown value: {Quote(of.Field(name))}");
    }

    /// <summary>A value as it stands in the file, cut short.</summary>
    public static string Quote(JsonElement value)
    {
        string raw = value.GetRawText();
        return raw.Length <= MaxQuoted ? raw : $"{raw.AsSpan(0, MaxQuoted)}...";
    }

    private static bool IsAllHex(ReadOnlySpan<char> digits)
    {
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit))
                return false;
        }

        return !digits.IsEmpty;
    }
}
