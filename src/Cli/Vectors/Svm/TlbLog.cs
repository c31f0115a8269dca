namespace XePt.Cli.Vectors.Svm;

/// <summary>Notes the invalidations of ranges and VMAs that are zapped, as the vectors record them: those of all tiles of one cause
/// together.</summary>
internal sealed class TlbLog : ITlbClient
{
    private readonly List<TlbRecord> _records = [];
    private readonly int _gtsPerTile;

    public TlbLog(XeDevice device)
    {
        _gtsPerTile = device.Platform.GtSlotsPerTile;
        for (int tile = 0; tile < device.Platform.TileCount; tile++)
            device.Tlb.Register(tile * _gtsPerTile, this);
    }

    public void Clear() => _records.Clear();

    /// <summary>Leaves out what the vectors do not record.</summary>
    public void Forget(Predicate<TlbRecord> isOne) => _records.RemoveAll(isOne);

    public void Invalidate(in TlbInvalidation invalidation)
    {
        uint tile = 1u << (invalidation.Gt / _gtsPerTile);
        var record = new TlbRecord(invalidation.Range.Start, invalidation.Range.End, tile);
        if (invalidation.Cause is TlbInvalidationCause.Range or TlbInvalidationCause.Zap)
        {
            bool joins = _records.Count > 0 && _records[^1] is var last && last.Start == record.Start && last.End == record.End
                && (last.Tiles & tile) == 0 && last.Tiles < tile;
            if (joins)
                _records[^1] = record with { Tiles = _records[^1].Tiles | tile };
            else
                _records.Add(record);
        }

        invalidation.Acknowledge();
    }

    public IReadOnlyCollection<string> Records() =>
        [.. _records.Select(record => Text.List(Text.Hex(record.Start), Text.Hex(record.End), Text.Number(record.Tiles)))];
}
