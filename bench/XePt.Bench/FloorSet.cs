namespace XePt.Bench;

/// <summary>
/// A floor search in one descent of a <see cref="SortedSet{T}"/>, which has only views for it: the comparer notes the last key not above.
/// </summary>
internal sealed class FloorSet
{
    private readonly NotingComparer _comparer = new();
    private readonly SortedSet<ulong> _set;

    public FloorSet(IEnumerable<ulong> keys) => _set = new SortedSet<ulong>(keys, _comparer);

    public ulong Floor(ulong va)
    {
        _comparer.NotAbove = 0;
        _set.Contains(va);
        return _comparer.NotAbove;
    }

    private sealed class NotingComparer : IComparer<ulong>
    {
        public ulong NotAbove { get; set; }

        // The set compares the key looked for (x) with its nodes (y) on the way down.
        public int Compare(ulong x, ulong y)
        {
            if (x < y)
                return -1;
            NotAbove = y;
            return x == y ? 0 : 1;
        }
    }
}
