using System.Globalization;
using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Fields;

/// <summary>What a record says should be in fields: an object with the fields that matter. A struct is an object, an array an array of all
/// its elements or an object with some of them by index or name.</summary>
/// <param name="Fields">The object.</param>
internal sealed record FieldExpectation(JsonElement Fields)
{
    /// <summary>Says how the fields of a call differ.</summary>
    /// <exception cref="MalformedRecordException">It asks for a field that the call has not.</exception>
    public void Compare(FieldValue actual, TracePlayer player, List<string> differences) =>
        Compare("", Fields, actual, player, differences);

    private static void Compare(string path, JsonElement expected, FieldValue actual, TracePlayer player, List<string> differences)
    {
        switch (actual)
        {
            case StructField fields:
                foreach (JsonProperty property in Object(path, expected).EnumerateObject())
                    Compare(Join(path, property.Name), property.Value, Member(path, property.Name, fields), player, differences);
                break;
            case ListField list when expected.ValueKind == JsonValueKind.Array:
                CompareAll(path, expected, list, player, differences);
                break;
            case ListField list:
                foreach (JsonProperty property in Object(path, expected).EnumerateObject())
                    Compare($"{path}[{property.Name}]", property.Value, Element(path, property.Name, list), player, differences);
                break;
            default:
                CompareNumber(path, expected, actual, player, differences);
                break;
        }
    }

    private static void CompareAll(string path, JsonElement expected, ListField actual, TracePlayer player, List<string> differences)
    {
        int count = expected.GetArrayLength();
        if (count != actual.Items.Count)
            differences.Add($"{path}: expected {Count(count)}, got {actual.Items.Count}");
        for (int i = 0; i < Math.Min(count, actual.Items.Count); i++)
            Compare($"{path}[{i}]", expected[i], actual.Items[i], player, differences);
    }

    private static void CompareNumber(string path, JsonElement expected, FieldValue actual, TracePlayer player, List<string> differences)
    {
        UInt128 number = actual is MaskField mask ? mask.Mask : ((NumberField)actual).Number;
        FieldNames? names = (actual as NumberField)?.Names;
        if (Number(path, expected, names, player) != number)
            differences.Add($"{path}: expected {Text(expected)}, got {Text(number)}");
    }

    /// <summary>A number, a name of a value of this field, or the name of a handle.</summary>
    private static UInt128 Number(string path, JsonElement expected, FieldNames? names, TracePlayer player)
    {
        if (expected.ValueKind != JsonValueKind.String)
            return expected.ToField(path, sizeof(ulong));
        string text = expected.GetString()!;
        if (names is not null && names.TryParse(text, player.Device.Options.Profile, out ulong named))
            return named;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            && UInt128.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 mask))
            return mask;
        return names is null && player.Names.Find(text) is { } handle ? handle : expected.ToUInt64(path);
    }

    private static JsonElement Object(string path, JsonElement expected) => expected.ValueKind == JsonValueKind.Object
        ? expected
        : throw new MalformedRecordException(
            $"'fields': {(path.Length == 0 ? "" : $"{path}: ")}{JsonValues.Quote(expected)} is not an object");

    private static FieldValue Member(string path, string name, StructField fields) => fields.Find(name)
        ?? throw new MalformedRecordException($"'fields': there is no '{Join(path, name)}'; there are {Names(fields)}");

    private static FieldValue Element(string path, string name, ListField list)
    {
        int index = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number : (list.Names ?? []).ToList().FindIndex(known => name.EndsWith(known, StringComparison.OrdinalIgnoreCase));
        return (uint)index < (uint)list.Items.Count
            ? list.Items[index]
            : throw new MalformedRecordException(
                $"'fields': there is no '{path}[{name}]'; there are {list.Items.Count}" +
                (list.Names is null ? "" : $": {string.Join(", ", list.Names)}"));
    }

    private static string Names(StructField fields) =>
        fields.Fields.Count == 0 ? "none" : string.Join(", ", fields.Fields.Select(field => field.Key));

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string Count(int count) => count == 1 ? "1 element" : $"{count} elements";

    private static string Text(JsonElement expected) =>
        expected.ValueKind == JsonValueKind.String ? expected.GetString()! : expected.GetRawText();

    private static string Text(UInt128 number) =>
        number <= 9999 ? number.ToString(CultureInfo.InvariantCulture) : $"0x{number.ToString("x", CultureInfo.InvariantCulture)}";
}
