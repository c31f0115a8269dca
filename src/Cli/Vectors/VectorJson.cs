using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors;

/// <summary>Strict access to the fields of a vector line: what is missing, of the wrong type or out of range is malformed input.</summary>
internal static class VectorJson
{
    /// <summary>A field that must be there.</summary>
    public static JsonElement Field(this JsonElement of, string name)
    {
        if (of.ValueKind != JsonValueKind.Object)
            throw new MalformedRecordException($"{JsonValues.Quote(of)} is not an object with '{name}'");
        return of.TryGetProperty(name, out JsonElement value) ? value : throw new MalformedRecordException($"'{name}' is missing");
    }

    /// <summary>The elements of a field that is an array.</summary>
    public static JsonElement[] Items(this JsonElement of, string name) => of.Field(name).ToArray(name);

    /// <summary>The elements of an array that must have <paramref name="count"/> of them.</summary>
    public static JsonElement[] ToArray(this JsonElement value, string what, int count)
    {
        JsonElement[] items = value.ToArray(what);
        return items.Length == count
            ? items
            : throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} has {items.Length} elements instead of {count}");
    }

    public static string Text(this JsonElement of, string name) => of.Field(name).ToText(name);

    /// <summary>A number of up to 64 bits.</summary>
    public static ulong Hex(this JsonElement of, string name) => of.Field(name).ToUInt64(name);

    /// <summary>A number of up to 32 bits.</summary>
    public static uint UInt32(this JsonElement of, string name) => of.Field(name).ToUInt32(name);

    /// <summary>A number in <c>[0, max]</c>.</summary>
    public static int Number(this JsonElement of, string name, int max = int.MaxValue) => of.Field(name).ToInt32(name, max);

    public static bool Flag(this JsonElement of, string name) => of.Field(name).ToFlag(name);

    /// <summary>The result of a call: an errno, or what else it returned.</summary>
    public static Errno Error(this JsonElement of, string name) => of.Field(name).ToResult(name);

    public static uint ToUInt32(this JsonElement value, string what) => value.ToUInt64(what) is var number && number <= uint.MaxValue
        ? (uint)number
        : throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} does not fit in 32 bits");

    public static bool ToFlag(this JsonElement value, string what) => value.ToInt32(what, max: 1) != 0;

    public static Errno ToResult(this JsonElement value, string what) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? (Errno)number
            : throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} is not an errno");

    /// <summary>A number in <c>[min, max]</c>.</summary>
    public static int ToIndex(this JsonElement value, string what, int min, int max) =>
        value.ToInt32(what, max) is var number && number >= min
        ? number
        : throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} is less than {min}");

    /// <summary>One of a fixed set of words.</summary>
    public static T OneOf<T>(this JsonElement of, string name, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        string text = of.Text(name);
        foreach ((string word, T value) in choices)
        {
            if (text == word)
                return value;
        }

        throw new MalformedRecordException($"'{name}': {JsonValues.Quote(of.Field(name))} is not known");
    }

    /// <summary>The runs of a backing, which must hold <paramref name="size"/> bytes.</summary>
    public static PhysicalRun[] Runs(this JsonElement of, ulong size)
    {
        PhysicalRun[] runs = RunList.Read(of.Field("runs"), "runs");
        ulong held = RunList.SizeOf(runs, "runs");
        return held == size ? runs : throw new MalformedRecordException($"'runs': 0x{held:x} bytes instead of 0x{size:x}");
    }
}
