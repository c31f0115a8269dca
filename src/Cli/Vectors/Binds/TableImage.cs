namespace XePt.Cli.Vectors.Binds;

/// <summary>What a page table is expected to hold, entry by entry.</summary>
internal sealed class TableImage
{
    public const int FullSize = 512;
    public const int CompactSize = 32;

    private readonly ulong[] _entries;
    private readonly bool[]? _hasChild;

    /// <param name="record">The dump.</param>
    /// <param name="empty">The value of entries that the dump does not list.</param>
    public TableImage(TableRecord record, ulong empty)
    {
        (IsCompact, Live) = (record.IsCompact, record.Live);
        _entries = new ulong[IsCompact ? CompactSize : FullSize];
        _entries.AsSpan().Fill(empty);
        foreach (EntryRun run in record.Entries)
            Put(run);
        if (record.Key.Level == 0)
            return;

        _hasChild = new bool[FullSize];
        foreach (EntryRun run in record.Children)
        {
            Put(run);
            _hasChild.AsSpan(run.First, run.Count).Fill(true);
        }
    }

    public bool IsCompact { get; }

    /// <summary>The live count.</summary>
    public int Live { get; }

    /// <summary>The step after which the table was last seen; it tells which tables a walk did not meet.</summary>
    public int SeenAfter { get; set; } = -1;

    public ReadOnlySpan<ulong> Entries => _entries;

    /// <summary>Whether a child table is attached at an index; its entry's address is masked then.</summary>
    public bool HasChild(int index) => _hasChild is not null && _hasChild[index];

    private void Put(in EntryRun run)
    {
        for (int i = 0; i < run.Count; i++)
            _entries[run.First + i] = run.Value + ((ulong)i * run.Stride);
    }
}
