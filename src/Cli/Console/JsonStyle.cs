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
}
