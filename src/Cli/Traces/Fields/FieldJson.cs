using System.Globalization;
using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Traces.Fields;

/// <summary>Fields as JSON: values with names by name, other fields of up to 32 bits as numbers, larger ones as hexadecimal strings,
/// whatever their value. No struct that comes back has flags that depend on the profile.</summary>
internal static class FieldJson
{
    /// <summary>Writes a value.</summary>
    public static void Write(Utf8JsonWriter json, FieldValue value)
    {
        switch (value)
        {
            case StructField fields:
                json.WriteStartObject();
                foreach ((string name, FieldValue field) in fields.Fields)
                {
                    json.WritePropertyName(name);
                    Write(json, field);
                }

                json.WriteEndObject();
                break;
            case ListField list:
                json.WriteStartArray();
                foreach (FieldValue item in list.Items)
                    Write(json, item);
                json.WriteEndArray();
                break;
            case MaskField mask:
                WriteHex(json, mask.Mask);
                break;
            case NumberField { Names: { } names } named:
                json.WriteStringValue(names.Format(named.Number, XeProfile.Final));
                break;
            case NumberField { IsWide: true } wide:
                WriteHex(json, wide.Number);
                break;
            case NumberField number:
                json.WriteNumberValue(number.Number);
                break;
        }
    }

    private static void WriteHex(Utf8JsonWriter json, UInt128 number) =>
        json.WriteStringValue($"0x{number.ToString("x", CultureInfo.InvariantCulture)}");
}
