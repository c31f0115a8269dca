using System.Numerics;
using System.Runtime.CompilerServices;

namespace XePt.Fences;

/// <summary>A list of pending fences that somebody is about to wait for. Used again and again; single writer.</summary>
internal sealed class FenceSet
{
    /// <summary>A list this long is searched fence by fence; longer ones have an index by timeline.</summary>
    private const int LongestSearch = 16;

    private Fence[] _fences = [];

    // Open addressing: place of a fence plus one, or 0. Empty while no fence is listed here.
    private int[] _index = [];
    private int _indexed;

    public int Count { get; private set; }

    public ReadOnlySpan<Fence> Fences => _fences.AsSpan(0, Count);

    /// <summary>Adds a fence unless it has signalled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Fence fence)
    {
        if (!fence.IsSignalled)
            Append(fence);
    }

    private void Append(Fence fence)
    {
        if (Count == _fences.Length)
            Array.Resize(ref _fences, Math.Max(8, Count * 2));
        _fences[Count++] = fence;
    }

    /// <summary>Adds a fence unless it has signalled; of one timeline only the newest point is kept: points signal in order, so who waits
    /// for it waits for all. Only for those who do not ask for errors, because an older point may have one of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddNewest(Fence fence)
    {
        if (!fence.IsSignalled)
            AddPending(fence);
    }

    private void AddPending(Fence fence)
    {
        int at = Count <= LongestSearch ? Search(fence.Timeline!) : SearchIndex(fence.Timeline!);
        if (at < 0)
            Add(fence);
        else if (_fences[at].Seqno < fence.Seqno)
            _fences[at] = fence;
    }

    /// <summary>Adds the fences of another set likewise.</summary>
    public void AddNewest(FenceSet other)
    {
        foreach (Fence fence in other.Fences)
            AddNewest(fence);
    }

    /// <summary>True when every fence has signalled; forgets signalled ones on the way.</summary>
    public bool HaveSignalled()
    {
        while (Count > 0 && _fences[Count - 1].IsSignalled)
            _fences[--Count] = default;
        if (_indexed > Count)
            ClearIndex();
        return Count == 0;
    }

    /// <summary>Forgets all fences: an empty set keeps no timeline alive, and with it no device.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Clear()
    {
        if (Count > 0)
            _fences.AsSpan(0, Count).Clear();
        Count = 0;
        if (_indexed > 0)
            ClearIndex();
    }

    private void ClearIndex()
    {
        Array.Clear(_index);
        _indexed = 0;
    }

    private int Search(FenceTimeline line)
    {
        for (int at = 0; at < Count; at++)
        {
            if (ReferenceEquals(_fences[at].Timeline, line))
                return at;
        }

        return -1;
    }

    /// <summary>Looks a timeline up, after fences added since the last time were listed.</summary>
    private int SearchIndex(FenceTimeline line)
    {
        if (Count * 2 > _index.Length)
        {
            _index = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_fences.Length) * 2];
            _indexed = 0;
        }

        for (; _indexed < Count; _indexed++)
        {
            ref int free = ref Slot(_fences[_indexed].Timeline!);
            if (free == 0)
                free = _indexed + 1;
        }

        return Slot(line) - 1;
    }

    private ref int Slot(FenceTimeline line)
    {
        int mask = _index.Length - 1;
        int slot = RuntimeHelpers.GetHashCode(line) & mask;
        while (_index[slot] != 0 && !ReferenceEquals(_fences[_index[slot] - 1].Timeline, line))
            slot = (slot + 1) & mask;
        return ref _index[slot];
    }
}
