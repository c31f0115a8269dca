using XePt.Cli.Console;

namespace XePt.Cli.Drawing;

/// <summary>A row of cells, each a part of the same size of an interval of 64-bit numbers; a cell shows what most of what is
/// in it is.</summary>
/// <param name="start">Where the interval begins.</param>
/// <param name="size">How long it is.</param>
/// <param name="cells">Cells there are.</param>
internal sealed class Bar(ulong start, ulong size, int cells)
{
    private readonly Dictionary<Glyph, ulong>[] _shares = [.. Enumerable.Range(0, cells).Select(_ => new Dictionary<Glyph, ulong>())];

    /// <summary>Adds <c>[from, to)</c>, which is inside the interval.</summary>
    public void Add(ulong from, ulong to, Glyph glyph)
    {
        for (int cell = CellOf(from); cell < cells && StartOf(cell) < to; cell++)
        {
            UInt128 share = UInt128.Min(to, StartOf(cell + 1)) - UInt128.Max(from, StartOf(cell));
            _shares[cell][glyph] = _shares[cell].GetValueOrDefault(glyph) + (ulong)share;
        }
    }

    /// <summary>The cells, between brackets.</summary>
    public InkText Draw(Ink frame, Legend legend)
    {
        InkText text = new InkText().Add("[", frame);
        foreach (Dictionary<Glyph, ulong> shares in _shares)
        {
            Glyph glyph = Prevailing(shares);
            legend.Use(glyph);
            text.Add(glyph.Letter.ToString(), glyph.Ink);
        }

        return text.Add("]", frame);
    }

    /// <summary>Tables prevail, however few they are: the tree goes on there.</summary>
    private static Glyph Prevailing(Dictionary<Glyph, ulong> shares) => shares.Count == 0 ? Glyph.Nothing
        : shares.ContainsKey(Glyph.Table) ? Glyph.Table
        : shares.OrderByDescending(share => share.Value).ThenBy(share => share.Key.Order).First().Key;

    private int CellOf(ulong address)
    {
        int cell = (int)((UInt128)(address - start) * (uint)cells / size);
        // Bounds of cells are rounded down, so the address may be in the next one.
        return cell + 1 < cells && StartOf(cell + 1) <= address ? cell + 1 : cell;
    }

    private UInt128 StartOf(int cell) => start + ((UInt128)size * (uint)cell / (uint)cells);
}
