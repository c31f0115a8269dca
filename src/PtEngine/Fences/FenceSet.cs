namespace XePt.Fences;

/// <summary>A list of pending fences that somebody is about to wait for. Used again and again; single writer.</summary>
internal sealed class FenceSet
{
    private Fence[] _fences = new Fence[16];

    public int Count { get; private set; }

    public ReadOnlySpan<Fence> Fences => _fences.AsSpan(0, Count);

    /// <summary>Adds a fence unless it has signalled.</summary>
    public void Add(Fence fence)
    {
        if (fence.IsSignalled)
            return;
        if (Count == _fences.Length)
            Array.Resize(ref _fences, Count * 2);
        _fences[Count++] = fence;
    }

    public void Clear() => Count = 0;
}
