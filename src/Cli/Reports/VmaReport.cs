using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Reports;

/// <summary>VMAs in readable columns.</summary>
internal static class VmaReport
{
    public static void Write(Terminal terminal, IReadOnlyList<VmaState> vmas)
    {
        if (vmas.Count == 0)
        {
            terminal.Line("no VMAs");
            return;
        }

        terminal.Table([">start", ">end", ">size", "kind", "object", "flags", ">pat", "pages", "binding"], vmas.Select(vma => new[]
        {
            $"0x{vma.Start:x}",
            $"0x{vma.End:x}",
            CallText.Bytes(vma.End - vma.Start),
            vma.Kind,
            VmaText.TargetOf(vma),
            vma.Flags,
            vma.PatIndex.ToString(CultureInfo.InvariantCulture),
            vma.Present == 0 ? "-" : vma.Pages,
            VmaText.BindingOf(vma),
        }));
    }
}
