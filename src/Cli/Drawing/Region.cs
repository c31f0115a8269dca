using XePt.Cli.State;

namespace XePt.Cli.Drawing;

/// <summary>Neighbouring VMAs that share a bar.</summary>
internal sealed record Region(ulong Start, ulong End, IReadOnlyList<MappedVma> Vmas)
{
    /// <summary>Bytes from its beginning to its end.</summary>
    public ulong Size => End - Start;

    /// <summary>Kinds of its VMAs.</summary>
    public IEnumerable<string> Kinds => Vmas.Select(vma => vma.Vma.Kind).Distinct();

    /// <summary>A region for each VMA, or when they are too many, the nearest of them together.</summary>
    /// <param name="most">Regions there may be.</param>
    public static Region[] Of(IReadOnlyList<MappedVma> vmas, int most)
    {
        if (vmas.Count == 0)
            return [];
        int cuts = Math.Min(vmas.Count, most) - 1;
        // The widest gaps stay; of gaps of the same width the first.
        int[] starts = [.. Enumerable.Range(1, vmas.Count - 1)
            .OrderByDescending(i => vmas[i].Vma.Start - vmas[i - 1].Vma.End).ThenBy(i => i)
            .Take(cuts).Append(0).Order()];
        return [.. starts.Select((start, i) => Join(vmas, start, i + 1 < starts.Length ? starts[i + 1] : vmas.Count))];
    }

    private static Region Join(IReadOnlyList<MappedVma> vmas, int start, int end) =>
        new(vmas[start].Vma.Start, vmas[end - 1].Vma.End, [.. vmas.Skip(start).Take(end - start)]);
}
