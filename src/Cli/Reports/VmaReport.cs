using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Reports;

/// <summary>VMAs in readable columns.</summary>
internal static class VmaReport
{
    private static readonly Column[] Columns =
    [
        Column.Number("start"), Column.Number("end"), Column.Number("size"), "kind", "object", "flags", Column.Number("pat"), "binding",
        "pages",
    ];

    public static void Write(Terminal terminal, IReadOnlyList<MappedVma> vmas)
    {
        if (vmas.Count == 0)
            terminal.Line("no VMAs");
        else
            terminal.Table(Columns, vmas.Select(mapped => RowOf(mapped.Vma, mapped.PagesText)));
    }

    private static Cell[] RowOf(VmaState vma, string pages) =>
    [
        $"0x{vma.Start:x}",
        $"0x{vma.End:x}",
        CallText.Bytes(vma.End - vma.Start),
        new(vma.Kind, VmaText.InkOf(vma.Kind)),
        VmaText.TargetOf(vma),
        vma.Flags,
        vma.PatIndex.ToString(CultureInfo.InvariantCulture),
        new(VmaText.BindingOf(vma), VmaText.BindingInkOf(vma)),
        pages,
    ];
}
