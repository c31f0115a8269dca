using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Fences;

/// <summary>The syncobjs that one call names.</summary>
/// <remarks>Concurrency: the array is the thread's, for one call after the other. Signalling runs foreign code, which may make calls of its
/// own, so it is taken, not shared.</remarks>
internal readonly ref struct SyncobjList
{
    private const int FirstCount = 16;

    [ThreadStatic]
    private static SyncObject?[]? s_idle;

    private readonly SyncObject?[]? _items;
    private readonly int _count;

    private SyncobjList(SyncObject?[] items, int count) => (_items, _count) = (items, count);

    public ReadOnlySpan<SyncObject> Items => _items.AsSpan(0, _count)!;

    /// <summary>Looks all handles up before anything is done (DRM-003).</summary>
    /// <param name="why">What refuses the call already, if anything does.</param>
    /// <param name="table">The client's syncobjs.</param>
    /// <param name="handles">The handles.</param>
    /// <param name="syncs">The objects, empty after a refusal; to be returned in any case.</param>
    public static Rejection Find(
        scoped in Rejection why, HandleTable<SyncObject> table, scoped ReadOnlySpan<uint> handles, out SyncobjList syncs)
    {
        syncs = default;
        if (why.IsRejected)
            return why;

        SyncObject?[] found = s_idle is { } idle && idle.Length >= handles.Length
            ? idle : new SyncObject[Math.Max(FirstCount, handles.Length)];
        s_idle = null;
        for (int i = 0; i < handles.Length; i++)
        {
            found[i] = table.Find(handles[i]);
            if (found[i] is not null)
                continue;
            new SyncobjList(found, i).Return();
            return Refusals.SyncobjUnknown(handles[i]) with { SyncIndex = i };
        }

        syncs = new SyncobjList(found, handles.Length);
        return default;
    }

    /// <summary>The array is free for the thread's next call; it must not keep destroyed objects.</summary>
    public void Return()
    {
        if (_items is null)
            return;
        Array.Clear(_items, 0, _count);
        s_idle = _items;
    }
}
