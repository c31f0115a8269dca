namespace XePt.Native;

/// <summary>What two snapshots do not have in common: VMAs by address, then tables by tile, from the root down and by address, each with
/// its entries.</summary>
internal sealed class SnapshotComparison
{
    private readonly List<DifferenceEntry> _differences = [];
    private readonly bool _places;

    private SnapshotComparison(bool places) => _places = places;

    /// <summary>Compares.</summary>
    /// <param name="first">One.</param>
    /// <param name="second">Another.</param>
    /// <param name="places">Where tables are counts, too.</param>
    public static IReadOnlyList<DifferenceEntry> Of(NativeSnapshot first, NativeSnapshot second, bool places)
    {
        var comparison = new SnapshotComparison(places);
        Pair(first.Vmas, second.Vmas, vma => vma.Range.Start, comparison.Compare, comparison.AddVma);
        Pair(InOrder(first), InOrder(second), table => table.Place, comparison.Compare, comparison.AddTable);
        return comparison._differences;
    }

    private static KeptTable[] InOrder(NativeSnapshot snapshot) => [.. snapshot.Tables.OrderBy(table => table.Place)];

    /// <summary>Walks two ordered lists side by side.</summary>
    private static void Pair<T, TKey>(
        IReadOnlyList<T> first, IReadOnlyList<T> second, Func<T, TKey> key, Action<T, T> both, Action<T, DifferenceSides> one)
        where TKey : IComparable<TKey>
    {
        for (int a = 0, b = 0; a < first.Count || b < second.Count;)
        {
            int order = a == first.Count ? 1 : b == second.Count ? -1 : key(first[a]).CompareTo(key(second[b]));
            if (order == 0)
                both(first[a++], second[b++]);
            else if (order < 0)
                one(first[a++], DifferenceSides.First);
            else
                one(second[b++], DifferenceSides.Second);
        }
    }

    private void Compare(VmaInfo first, VmaInfo second)
    {
        if (first != second)
            AddVma(first.Range.End > second.Range.End ? first : second, DifferenceSides.First | DifferenceSides.Second);
    }

    private void AddVma(VmaInfo vma, DifferenceSides sides) => _differences.Add(new DifferenceEntry
    {
        Start = vma.Range.Start,
        End = vma.Range.End,
        Kind = (uint)DifferenceKind.Vma,
        In = (uint)sides,
    });

    private void Compare(KeptTable first, KeptTable second)
    {
        if (first.IsCompact != second.IsCompact || first.Live != second.Live || (_places && first.Address != second.Address))
            AddTable(first, DifferenceSides.First | DifferenceSides.Second, second.Address);
        // Entries of different size have nothing to do with each other.
        if (first.IsCompact != second.IsCompact)
            return;
        for (int i = 0; i < first.Entries.Length; i++)
        {
            if (_places ? first.Entries[i] != second.Entries[i] : first.WithoutPlaces(i) != second.WithoutPlaces(i))
                AddEntry(first, second, i);
        }
    }

    private void AddTable(KeptTable table, DifferenceSides sides) =>
        AddTable(table, sides, sides == DifferenceSides.Second ? table.Address : 0);

    private void AddTable(KeptTable table, DifferenceSides sides, ulong inSecond) => _differences.Add(new DifferenceEntry
    {
        Start = table.Va,
        End = table.Va + (table.EntryBytes * (ulong)table.Entries.Length),
        First = (sides & DifferenceSides.First) != 0 ? table.Address : 0,
        Second = inSecond,
        Kind = (uint)DifferenceKind.Table,
        In = (uint)sides,
        Tile = (uint)table.Tile,
        Level = (uint)table.Level,
    });

    private void AddEntry(KeptTable first, KeptTable second, int index)
    {
        ulong start = first.Va + (first.EntryBytes * (ulong)index);
        _differences.Add(new DifferenceEntry
        {
            Start = start,
            End = start + first.EntryBytes,
            First = first.Entries[index],
            Second = second.Entries[index],
            Kind = (uint)DifferenceKind.Entry,
            In = (uint)(DifferenceSides.First | DifferenceSides.Second),
            Tile = (uint)first.Tile,
            Level = (uint)first.Level,
        });
    }
}
