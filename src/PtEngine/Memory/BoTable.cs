namespace XePt.Memory;

/// <summary>The buffer objects of a device by slot. A slot stays taken until the last handle and the last VMA are gone (BIND-040).</summary>
internal sealed class BoTable
{
    private readonly List<BufferObject?> _bos = [null];
    private readonly Stack<int> _free = [];

    public BufferObject this[int slot] => _bos[slot]!;

    /// <summary>The slot the next BO will get.</summary>
    public int NextSlot => _free.TryPeek(out int slot) ? slot : _bos.Count;

    /// <summary>Called when the last reference of a BO is dropped, so that its memory can go back to its region.</summary>
    public Action<BufferObject>? Released { get; set; }

    /// <summary>Adds a BO made with <see cref="NextSlot"/>.</summary>
    public void Add(BufferObject bo)
    {
        if (_free.TryPop(out int slot))
            _bos[slot] = bo;
        else
            _bos.Add(bo);
    }

    public void AddReference(int slot) => Interlocked.Increment(ref _bos[slot]!.References);

    public void DropReference(int slot)
    {
        BufferObject bo = _bos[slot]!;
        if (Interlocked.Decrement(ref bo.References) > 0)
            return;
        _bos[slot] = null;
        _free.Push(slot);
        Released?.Invoke(bo);
    }
}
