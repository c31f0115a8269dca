using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Fences;

/// <summary>The calls on arrays of syncobjs (DRM-003 to DRM-010): nothing is done before all handles are found and all points read. Fewer
/// of either than a call says could not be read.</summary>
/// <remarks>Each returns not rejected, or why it was refused.</remarks>
internal static class SyncobjArrays
{
    /// <summary>Each object holds a signalled fence from now on (DRM-004).</summary>
    public static Rejection Signal(HandleTable<SyncObject> table, in DrmSyncobjArray args, ReadOnlySpan<uint> handles)
    {
        Rejection why = Find(table, args, handles, out SyncobjList syncs);
        foreach (SyncObject sync in syncs.Items)
            sync.Replace(Fence.Signalled);
        syncs.Return();
        return why;
    }

    /// <summary>Each object is empty from now on (DRM-005).</summary>
    public static Rejection Reset(HandleTable<SyncObject> table, in DrmSyncobjArray args, ReadOnlySpan<uint> handles)
    {
        Rejection why = Find(table, args, handles, out SyncobjList syncs);
        foreach (SyncObject sync in syncs.Items)
            sync.Reset();
        syncs.Return();
        return why;
    }

    /// <summary>Each object gets a signalled point, in array order (DRM-006).</summary>
    public static Rejection SignalPoints(
        HandleTable<SyncObject> table, in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles, ReadOnlySpan<ulong> points)
    {
        SyncobjList syncs = default;
        Rejection why = SyncobjTimelineSignalChecks.Validate(args);
        if (!why.IsRejected)
            why = SyncobjList.Find(args.RefuseHandles(handles.Length), table, handles, out syncs);
        if (!why.IsRejected)
            why = args.RefusePoints(points.Length);
        for (int i = 0; !why.IsRejected && i < syncs.Items.Length; i++)
            syncs.Items[i].AddPoint(args.Points == 0 ? 0 : points[i], Fence.Signalled);
        syncs.Return();
        return why;
    }

    /// <summary>How far timelines have come (DRM-010). What fits into the points is written before it is said that one did not.</summary>
    public static Rejection Query(
        HandleTable<SyncObject> table, in DrmSyncobjTimelineArray args, ReadOnlySpan<uint> handles, Span<ulong> points)
    {
        SyncobjList syncs = default;
        Rejection why = SyncobjQueryChecks.Validate(args);
        if (!why.IsRejected)
            why = SyncobjList.Find(args.RefuseHandles(handles.Length), table, handles, out syncs);
        int writable = Math.Min(syncs.Items.Length, points.Length);
        for (int i = 0; i < writable; i++)
            points[i] = syncs.Items[i].Query((args.Flags & SyncobjQueryFlags.LastSubmitted) != 0);
        if (writable < syncs.Items.Length)
            why = Refusals.SyncobjPointIsUnwritable(args.Points + (sizeof(ulong) * (ulong)writable));
        syncs.Return();
        return why;
    }

    private static Rejection Find(
        HandleTable<SyncObject> table, in DrmSyncobjArray args, ReadOnlySpan<uint> handles, out SyncobjList syncs)
    {
        syncs = default;
        Rejection why = SyncobjArrayChecks.Validate(args);
        return why.IsRejected ? why : SyncobjList.Find(args.RefuseHandles(handles.Length), table, handles, out syncs);
    }
}
