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

        terminal.Table([">start", ">end", ">size", "kind", "object", "flags", ">pat", "binding", "pages"], vmas.Select((vma, i) => new[]
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
