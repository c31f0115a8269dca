namespace XePt.Tests.Properties;

/// <summary>Physical pieces in order, for looking up the address of a byte.</summary>
internal sealed class PhysicalPieces
{
    private readonly ulong[] _offsets;
    private readonly ulong[] _addresses;

    /// <param name="pieces">Runs of one chunk.</param>
    public PhysicalPieces(IEnumerable<PhysicalRun> pieces)
    {
        PhysicalRun[] all = [.. pieces];
        _offsets = new ulong[all.Length];
        _addresses = [.. all.Select(piece => piece.Address)];
        for (int i = 1; i < all.Length; i++)
            _offsets[i] = _offsets[i - 1] + all[i - 1].Size;
    }

    public static PhysicalPieces Of(IEnumerable<PhysicalRun> runs) => new(
        from run in runs
        from i in Enumerable.Range(0, run.Count)
        select new PhysicalRun(run.Address + ((ulong)i * run.Stride), run.Size));

    public ulong AddressAt(ulong offset)
    {
        int at = Array.BinarySearch(_offsets, offset);
        at = at >= 0 ? at : ~at - 1;
        return _addresses[at] + (offset - _offsets[at]);
    }
}
