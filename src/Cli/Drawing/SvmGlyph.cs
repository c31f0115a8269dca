using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.State.Svm;

namespace XePt.Cli.Drawing;

/// <summary>Where the pages of a row are at one time, as one letter.</summary>
/// <param name="Letter">The letter, which says it without colours.</param>
/// <param name="Ink">The ink.</param>
/// <param name="Meaning">What the legend of a drawing says.</param>
/// <param name="About">What help pages say.</param>
internal sealed record SvmGlyph(char Letter, Ink Ink, string Meaning, string About)
{
    private static readonly SvmGlyph Unmapped = new('-', Ink.Faint, "not mapped", "not mapped by the process");
    private static readonly SvmGlyph None = new('.', Ink.Faint, "no pages yet", "mapped by the process, without pages yet");
    private static readonly SvmGlyph Cpu = new('c', Ink.Page4K, "system memory, CPU alone", "system memory of the CPU alone");
    private static readonly SvmGlyph Shared = new(
        's', Ink.Page64K, "system memory, GPU too", "system memory that the GPU has mapped, too");
    private static readonly SvmGlyph Idle = new(
        'v', Ink.PageCompact64K, "VRAM, GPU has no entries", "VRAM of which the GPU has no entries");
    private static readonly SvmGlyph Other = new('o', Ink.Page1G, "other device", "memory of another device");
    private static readonly SvmGlyph Mixed = new('m', Ink.PageNull, "several memories", "several memories");
    private static readonly SvmGlyph[] Vram = [.. Enumerable.Range(0, 8).Select(tile => new SvmGlyph(
        (char)('0' + tile), Ink.Page2M, string.Create(CultureInfo.InvariantCulture, $"VRAM of tile {tile}"),
        "VRAM of this tile, mapped by the GPU"))];

    private static readonly SvmGlyph[] InOrder = [Unmapped, None, Cpu, Shared, .. Vram, Idle, Other, Mixed];

    /// <summary>All of them, for help pages; of the tiles the first stands for each.</summary>
    public static InkMeaning[] Help { get; } = [
        .. InOrder.Except(Vram[1..]).Select(glyph => InkMeaning.OfLetter(glyph.Letter, glyph.Ink, glyph.About))];

    /// <summary>Place in a legend.</summary>
    public int Order => Array.IndexOf(InOrder, this);

    /// <summary>The glyph of a cell: what is populated prevails over what is not.</summary>
    public static SvmGlyph Of(SvmCell cell)
    {
        PagePlace[] populated = [.. cell.Shares.Select(share => share.Place).Where(place => place.IsPopulated)];
        if (populated.Length == 0)
            return cell.Shares.Any(share => share.Place.Home == PageHome.None) ? None : Unmapped;
        return populated switch
        {
            [{ Home: PageHome.System }] => cell.Bound != 0 ? Shared : Cpu,
            [{ Home: PageHome.Vram } only] => cell.Bound != 0 ? Vram[only.Tile] : Idle,
            [_] => Other,
            _ => Mixed,
        };
    }
}
