using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace XePt.Cli.Console;

/// <summary>How the tool writes JSON: indented, addresses and entries as hexadecimal strings, counts as numbers.</summary>
internal static class JsonStyle
{
    /// <summary>For all writers.</summary>
    public static JsonWriterOptions Options { get; } = new()
    {
        Indented = true,
        NewLine = "\n",
        // The result is not embedded in HTML; '+' and quotes in texts stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes a number as <c>"0x..."</c>.</summary>
    public static void WriteHex(this Utf8JsonWriter json, string name, ulong value) =>
        json.WriteString(name, string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));

    /// <summary>Writes a number as <c>"0x..."</c> where a value is due.</summary>
    public static void WriteHexValue(this Utf8JsonWriter json, ulong value) =>
        json.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"0x{value:x}"));

    /// <summary>Writes a field whose value is an array of strings.</summary>
    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WritePropertyName(name);
        json.WriteValues(texts, json.WriteStringValue);
    }

    /// <summary>Writes an array where a value is due.</summary>
    public static void WriteValues<T>(this Utf8JsonWriter json, IEnumerable<T> items, Action<T> writeValue)
    {
        json.WriteStartArray();
        foreach (T item in items)
            writeValue(item);
        json.WriteEndArray();
    }

    /// <summary>Writes a field whose value is an array of objects.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="name">The field.</param>
    /// <param name="items">One object each.</param>
    /// <param name="writeFields">Writes the fields of an item's object.</param>
    public static void WriteObjects<T>(this Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> writeFields)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            json.WriteStartObject();
            writeFields(item);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
