using System.Globalization;
using XePt.Cli.Console;
using XePt.Uapi.Formats;

namespace XePt.Cli.Reports;

/// <summary>A page-table entry, field by field.</summary>
internal static class PteReport
{
    /// <summary>Writes one line that sums the entry up, then one per field; reserved fields only if they are not 0.</summary>
    public static void Write(Terminal terminal, PteFormatId format, int level, bool isCompact, ulong value)
    {
        terminal.Line(PteFormats.Describe(format, level, isCompact, value).Split('\n')[0].TrimEnd(), hang: 4);
        Cell indent = "";
        IEnumerable<PteField> fields = PteFormats.LayoutOf(format, PteFormats.Decode(format, level, isCompact, value).Kind).Fields;
        terminal.List(["", Column.Number("bits"), "field", Column.Number("value"), Column.Prose("meaning"), "rule"], fields
            .Where(field => field.Role != PteRole.MustBeZero || field.ValueIn(value) != 0)
            .Select(field => new[]
            {
                indent, BitsOf(field), field.Name, $"0x{field.ValueIn(value):x}",
                    new(PteFormats.MeaningOf(field.Role, field.ValueIn(value)), InkOf(field)), field.Rule,
            }));
    }

    private static Cell BitsOf(in PteField field) => field.Low == field.High
        ? field.Low.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{field.Low}-{field.High}");

    /// <summary>A reserved bit that is set is never right.</summary>
    private static Ink InkOf(in PteField field) => field.Role == PteRole.MustBeZero ? Ink.Bad : Ink.Plain;
}
