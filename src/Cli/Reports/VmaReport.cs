using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Reports;

/// <summary>VMAs in readable columns.</summary>
internal static class VmaReport
{
    /// <param name="pages">What to show for each VMA as its pages.</param>
    public static void Write(Terminal terminal, IReadOnlyList<VmaState> vmas, IReadOnlyList<string> pages)
    {
        if (vmas.Count == 0)
        {
            terminal.Line("no VMAs");
            return;
        }

        terminal.Table(
            [
                Column.Number("start"), Column.Number("end"), Column.Number("size"), "kind", "object", "flags", Column.Number("pat"),
                "binding", "pages",
            ],
            vmas.Select((vma, i) => new Cell[]
        {
            $"0x{vma.Start:x}",
            $"0x{vma.End:x}",
            CallText.Bytes(vma.End - vma.Start),
            vma.Kind,
            VmaText.TargetOf(vma),
            vma.Flags,
            vma.PatIndex.ToString(CultureInfo.InvariantCulture),
            VmaText.BindingOf(vma),
            pages[i],
        }));
    }
}
