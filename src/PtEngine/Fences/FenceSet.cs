namespace XePt.Fences;

/// <summary>A list of pending fences that somebody is about to wait for. Used again and again; single writer.</summary>
internal sealed class FenceSet
{
    private Fence[] _fences = [];

    public int Count { get; private set; }

    public ReadOnlySpan<Fence> Fences => _fences.AsSpan(0, Count);

    /// <summary>Adds a fence unless it has signalled.</summary>
    public void Add(Fence fence)
    {
        if (fence.IsSignalled)
            return;
        if (Count == _fences.Length)
            Array.Resize(ref _fences, Math.Max(8, Count * 2));
        _fences[Count++] = fence;
    }

    /// <summary>Adds a fence unless it has signalled; of one timeline only the newest point is kept, since it signals last.</summary>
    public void AddNewest(Fence fence)
    {
        if (fence.IsSignalled)
            return;
        for (int i = 0; i < Count; i++)
        {
            ref Fence held = ref _fences[i];
            if (!ReferenceEquals(held.Timeline, fence.Timeline))
                continue;
            if (held.Seqno < fence.Seqno)
                held = fence;
            return;
        }

        Add(fence);
    }

    /// <summary>True when every fence has signalled; forgets signalled ones on the way.</summary>
    public bool HaveSignalled()
    {
        while (Count > 0 && _fences[Count - 1].IsSignalled)
            Count--;
        return Count == 0;
    }

    public void Clear() => Count = 0;
}
