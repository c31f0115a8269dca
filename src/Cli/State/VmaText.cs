using XePt.Cli.Console;
using XePt.Cli.Traces.Calls;

namespace XePt.Cli.State;

/// <summary>VMAs in words.</summary>
internal static class VmaText
{
    /// <summary>Stands for the page sizes of a VMA that is not bound.</summary>
    public const string NoSizes = "none";

    /// <summary>One line with everything.</summary>
    public static string Of(VmaState vma) =>
        $"{CallText.Interval(vma.Start, vma.End)} {vma.Kind}{(vma.Bo is null ? "" : $" {vma.Bo}")} offset=0x{vma.Offset:x}"
        + $" flags={vma.Flags} pat_index={vma.PatIndex} page_sizes={vma.PageSizes} present={(vma.Present != 0 ? "true" : "false")}";

    /// <summary>Tiles of a mask: <c>0,1</c>, or <c>-</c>.</summary>
    public static string TilesOf(int mask) =>
        mask == 0 ? "-" : string.Join(",", Enumerable.Range(0, 8).Where(tile => (mask & (1 << tile)) != 0));

    /// <summary>The colour of a kind of VMA.</summary>
    public static Ink InkOf(string kind) => kind switch
    {
        "bo" => Ink.Bo,
        "userptr" => Ink.Userptr,
        "null" => Ink.Null,
        _ => Ink.Mirror,
    };

    /// <summary>What is behind a VMA: <c>bo1+0x1000</c>, a CPU address, or nothing.</summary>
    public static string TargetOf(VmaState vma) => vma.Kind switch
    {
        "bo" => $"{vma.Bo}+0x{vma.Offset:x}",
        "userptr" => $"cpu 0x{vma.Offset:x}",
        _ => "-",
    };

    /// <summary>The colour of what <see cref="BindingOf"/> says.</summary>
    public static Ink BindingInkOf(VmaState vma) => BindingOf(vma) switch
    {
        "bound" => Ink.Good,
        "-" => Ink.Plain,
        _ => Ink.Warning,
    };

    /// <summary>Whether the GPU can use it now; a stale one shows old pages until it is repinned.</summary>
    public static string BindingOf(VmaState vma) => vma.Kind == "mirror" ? "-"
        : vma.Present == 0 ? "not bound"
        : (vma.Present & ~vma.Invalidated) == 0 ? "invalidated"
        : vma.IsStale ? "stale"
        : "bound";
}
