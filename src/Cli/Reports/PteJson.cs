using System.Text.Json;
using XePt.Cli.Console;
using XePt.Uapi.Formats;

namespace XePt.Cli.Reports;

/// <summary>A page-table entry as JSON.</summary>
internal static class PteJson
{
    /// <summary>Writes the fields of an entry into an object that the caller has begun.</summary>
    public static void WriteFields(Utf8JsonWriter json, PteFormatId format, int level, bool isCompact, ulong value)
    {
        DecodedPte entry = PteFormats.Decode(format, level, isCompact, value);
        json.WriteHex("value", value);
        json.WriteString("decoded", entry.ToString());
        json.WriteString("kind", KindOf(entry.Kind));
        json.WriteBoolean("present", entry.Present);
        json.WriteHex("address", entry.Address);
        json.WriteNumber("pat_index", entry.PatIndex);
        json.WriteHex("unexpected_bits", entry.UnexpectedBits);
        json.WriteObjects("fields", PteFormats.LayoutOf(format, entry.Kind).Fields, field =>
        {
            json.WriteString("name", field.Name);
            json.WriteNumber("low", field.Low);
            json.WriteNumber("high", field.High);
            json.WriteHex("value", field.ValueIn(value));
            json.WriteString("meaning", PteFormats.MeaningOf(field.Role, field.ValueIn(value)));
            json.WriteString("rule", field.Rule);
        });
    }

    private static string KindOf(PteEntryKind kind) => kind switch
    {
        PteEntryKind.Leaf4K => "leaf-4K",
        PteEntryKind.Leaf64K => "leaf-compact-64K",
        PteEntryKind.Leaf2M => "leaf-2M",
        PteEntryKind.Leaf1G => "leaf-1G",
        _ => "directory",
    };
}
