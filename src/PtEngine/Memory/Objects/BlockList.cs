namespace XePt.Memory;

/// <summary>The blocks that back one buffer, in the order of its offsets.</summary>
/// <remarks>Its managed memory grows with the list and is kept by <see cref="Truncate"/> for the next use.</remarks>
internal struct BlockList
{
    private MemoryBlock[]? _items;

    /// <summary>What an account of the memory has answered when they were taken (<see cref="IVramAccount"/>); 0 without one.</summary>
    public int Number { get; set; }

    /// <summary>Number of blocks.</summary>
    public int Count { get; private set; }

    /// <summary>Block <paramref name="index"/>, in <c>[0, Count)</c>.</summary>
    public readonly MemoryBlock this[int index] => AsSpan()[index];

    /// <summary>The blocks; valid until the next <see cref="Add"/>.</summary>
    public readonly ReadOnlySpan<MemoryBlock> AsSpan() => _items.AsSpan(0, Count);

    /// <summary>Appends a block.</summary>
    public void Add(MemoryBlock block)
    {
        if (_items is null || Count == _items.Length)
            Array.Resize(ref _items, Math.Max(4, Count * 2));
        _items[Count++] = block;
    }

    /// <summary>Forgets the blocks from <paramref name="count"/> on; it is at most <see cref="Count"/>.</summary>
    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)Count);
        Count = count;
    }
}
