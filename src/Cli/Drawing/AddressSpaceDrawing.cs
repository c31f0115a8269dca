using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.Drawing;

/// <summary>
/// The address space of a VM from bottom to top: a bar per region and a line per gap. A bar grows with the logarithm of its region, so
/// 4 KiB and 128 TiB go on the same screen; its cells show in which page sizes the region is mapped.
/// </summary>
internal static class AddressSpaceDrawing
{
    private const int LeastBits = 12;
    private const int ShortestLongBar = 24;
    private const int LongestLongBar = 64;

    /// <summary>Columns of a line that are not the bar.</summary>
    private const int BesideBar = 58;

    /// <param name="most">Bars there may be for each tile; neighbours share one when there are more.</param>
    public static void Write(Terminal terminal, MappedVm vm, Legend legend, int most)
    {
        Region[] regions = Region.Of(vm.Vmas, most);
        for (int tile = 0; tile < vm.Pages.Length; tile++)
        {
            if (tile > 0 && vm.Pages[tile].SequenceEqual(vm.Pages[0]))
                terminal.Line($"tile {tile} maps the same pages as tile 0");
            else
                Write(terminal, vm, tile, regions, legend);
        }
    }

    private static void Write(Terminal terminal, MappedVm vm, int tile, Region[] regions, Legend legend)
    {
        string place = vm.Pages.Length > 1 ? $" as tile {tile} maps it" : "";
        terminal.Line(
            $"address space{place}: {vm.Platform.VaBits} bits, bars grow with the logarithm of the size");
        var rows = new List<Cell[]>();
        ulong end = 0;
        foreach (Region region in regions)
        {
            AddGap(rows, end, region.Start);
            rows.Add(RowOf(region, vm, tile, LongBar(terminal.Screen.Width), legend));
            end = region.End;
        }

        AddGap(rows, end, vm.Platform.VmSize);
        rows.Add(["", Hex(vm.Platform.VmSize), new Cell("end", Ink.Faint), "", "", ""]);
        terminal.List(["", Column.Number(""), "", Column.Number(""), "", ""], rows);
    }

    private static void AddGap(List<Cell[]> rows, ulong from, ulong to)
    {
        if (to > from)
            rows.Add(["", new(Hex(from), Ink.Faint), new("free", Ink.Faint), new(CallText.Bytes(to - from), Ink.Faint), "", ""]);
    }

    private static Cell[] RowOf(Region region, MappedVm vm, int tile, int longBar, Legend legend)
    {
        int cells = Cells(region.Size, vm.Platform.VaBits, longBar);
        var bar = new Bar(region.Start, region.Size, cells);
        foreach (PageRun run in PageRun.Within(vm.Pages[tile], region.Start, region.End))
            bar.Add(run.Start, run.End, Glyph.OfPages(run.Size));

        var kinds = new InkText();
        foreach (string kind in region.Kinds)
        {
            legend.UseKind(kind);
            kinds.Add(kinds.Length == 0 ? "" : "+").Add(kind, VmaText.InkOf(kind));
        }

        Ink frame = region.Kinds.Count() == 1 ? VmaText.InkOf(region.Kinds.First()) : Ink.Plain;
        string what = region.Vmas.Count > 1 ? Count.Of(region.Vmas.Count, "VMA") : VmaText.TargetOf(region.Vmas[0].Vma);
        return ["", Hex(region.Start), bar.Draw(frame, legend), CallText.Bytes(region.Size), kinds, what == "-" ? "" : what];
    }

    private static int LongBar(int width) => Math.Clamp(width - BesideBar, ShortestLongBar, LongestLongBar);

    /// <summary>Cells of a bar: 1 for a page, all for the whole address space.</summary>
    private static int Cells(ulong size, int vaBits, int longBar) =>
        1 + (int)Math.Round((Math.Log2(size) - LeastBits) / (vaBits - LeastBits) * (longBar - 1));

    private static string Hex(ulong address) => string.Create(CultureInfo.InvariantCulture, $"0x{address:x}");
}
