using System.Globalization;
using System.Text.Json;

namespace XePt.Uapi;

/// <summary>Everything that the uAPI names, by C name: what <c>xept uapi</c> prints.</summary>
public static partial class UapiTable
{
    /// <summary>Writes the table as one JSON object.</summary>
    /// <remarks>
    /// <c>{"structs":{"name":{"size":N,"fields":{"name":[offset,size]}}},"constants":{"NAME":"0x…"}}</c>.
    /// Flexible arrays have size 0.
    /// </remarks>
    /// <param name="writer">Where to write; not flushed.</param>
    public static void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteStartObject("structs");
        foreach (var info in Structs)
            WriteStruct(writer, info);
        writer.WriteEndObject();
        writer.WriteStartObject("constants");
        foreach (var constant in Constants)
            writer.WriteString(constant.CName, string.Create(CultureInfo.InvariantCulture, $"0x{constant.Value:x}"));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteStruct(Utf8JsonWriter writer, UapiStructInfo info)
    {
        writer.WriteStartObject(info.CName);
        writer.WriteNumber("size", info.Size);
        writer.WriteStartObject("fields");
        foreach (var field in info.Fields)
        {
            writer.WriteStartArray(field.CName);
            writer.WriteNumberValue(field.Offset);
            writer.WriteNumberValue(field.Size);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
