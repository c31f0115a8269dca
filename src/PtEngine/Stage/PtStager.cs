using System.Diagnostics;
using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Stage;

/// <summary>
/// Stages PT ops of one request on one tile: walks, then takes the result into the plan so that later ops of the request see the planned
/// tree (specification 03 sections 9 and 13). Nothing a walker can see changes here, except in tables no walker can reach.
/// </summary>
internal sealed unsafe class PtStager(VmFacts vm, PteEncoding encoding, GpuvaSpace space, RefusalSink refusals)
{
    /// <summary>Lists the pages that unbinds take away; null where the platform does not.</summary>
    public PageReclaim? Reclaim { get; init; }

    /// <summary>Told when something is refused that the reference warns of (PT-080).</summary>
    public Action? Warns { get; init; }

    /// <summary>Stages the bind of a VMA (PT-138). Entries that the same call has bound before are not counted
    /// again: deviation from the reference's prefetch_of_staged defect.</summary>
    /// <param name="update">The tile's update.</param>
    /// <param name="vma">The VMA; never a mirror (BIND-198).</param>
    /// <param name="v">Its record.</param>
    /// <param name="source">What to write.</param>
    /// <param name="leaves">How its leaves look.</param>
    /// <param name="call">Number of the call, which the VMA is marked with.</param>
    /// <param name="flushSeqno">The VM's flush counter, advanced by a rebind of a non-LR VM (PT-176), also if the call fails later.</param>
    /// <param name="bindIndex">Bind op that it is of, or -1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Outcome Bind(
        TileUpdate update, int vma, ref Vma v, ref BindSource source, ref readonly LeafTemplates leaves, uint call, ref ulong flushSeqno,
        int bindIndex = -1)
    {
        Debug.Assert(!v.IsMirror);
        ref PtOp op = ref BeginOp(update, vma);
        if (Unsafe.IsNullRef(ref op))
            return Refuse(Errno.ENOMEM, source.Start);

        v.Touch(call);
        op.Kind = source.Kind == BindKind.Clear ? PtOpKind.Clear : PtOpKind.Bind;
        op.BindIndex = bindIndex;
        byte tile = update.TileBit;
        op.IsRebind = (v.TilePresent & tile) != 0;
        op.IsRepeat = (v.TilePending & tile) != 0 && !op.IsRebind;
        op.FlagsBefore = v.Flags;
        op.StagedBefore = v.TileStaged;
        Outcome outcome = WalkBind(update, ref source, in leaves, ref op, out VmaFlags hints);
        if (outcome != Outcome.Done)
            return outcome;

        update.NeedsInvalidation |= !op.IsRebind && vm.FlushesOnFirstBind;
        if (op.IsRebind && !vm.IsLongRunning)
            flushSeqno++;

        v.Flags |= hints;
        v.TileStaged |= tile;
        v.TilePending |= tile;
        return Outcome.Done;
    }

    /// <summary>Stages the bind of an SVM range: no TLB decision, no staged mark; hints go to the mirror VMA (PT-139, PT-081).</summary>
    /// <param name="update">The tile's update.</param>
    /// <param name="mirror">The mirror VMA.</param>
    /// <param name="range">The range.</param>
    /// <param name="source">What to write.</param>
    /// <param name="leaves">How its leaves look.</param>
    /// <param name="isRebind">The range is present on the tile.</param>
    public Outcome BindRange(
        TileUpdate update, int mirror, int range, ref BindSource source, ref readonly LeafTemplates leaves, bool isRebind)
    {
        ref Vma v = ref space.Vmas[mirror];
        ref PtOp op = ref BeginOp(update, mirror);
        if (Unsafe.IsNullRef(ref op))
            return Refuse(Errno.ENOMEM, source.Start);

        op.Kind = PtOpKind.Bind;
        op.Range = range;
        op.BindIndex = -1;
        op.IsRebind = isRebind;
        op.FlagsBefore = v.Flags;
        op.StagedBefore = v.TileStaged;
        Outcome outcome = WalkBind(update, ref source, in leaves, ref op, out VmaFlags hints);
        if (outcome != Outcome.Done)
            return outcome;
        v.Flags |= hints;
        return Outcome.Done;
    }

    /// <summary>Stages the unbind of <c>[start, end)</c> of a VMA; nothing if the tile has neither bound nor staged it (PT-111,
    /// PT-140).</summary>
    public Outcome Unbind(TileUpdate update, int vma, ref readonly Vma v, ulong start, ulong end)
    {
        if (((v.TilePresent | v.TileStaged) & update.TileBit) == 0)
            return Outcome.Done;

        Debug.Assert(!v.IsMirror);
        Reclaim?.Collect(update, vma, v, start, end);
        Outcome outcome = WalkUnbind(update, vma, start, end);
        if (outcome != Outcome.Done)
            return outcome;
        update.NeedsInvalidation = true;
        return Outcome.Done;
    }

    /// <summary>Stages the unbind of an SVM range (PT-141, PT-177).</summary>
    /// <param name="hasValidMapping">The range is present and not zapped on the tile.</param>
    public Outcome UnbindRange(TileUpdate update, ulong start, ulong end, bool hasValidMapping)
    {
        int firstUpdate = update.Updates.Count;
        Outcome outcome = WalkUnbind(update, vma: 0, start, end);
        if (outcome != Outcome.Done)
            return outcome;
        update.NeedsInvalidation |= vm.HasScratch || hasValidMapping || !MaySkipFlush(update, firstUpdate, end - start);
        return Outcome.Done;
    }

    /// <summary>Takes back everything staged, newest first; the planned tree, counts, marks and pool are as before the request (PT-097 to
    /// PT-099).</summary>
    public void Abort(TileUpdate update)
    {
        for (int i = update.Ops.Count - 1; i >= 0; i--)
            Undo(update, update.Ops[i]);
        for (int i = update.NewTables.Count - 1; i >= 0; i--)
            update.Tables.Cache.Return(update.NewTables[i]);
        update.NewTables.Clear();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Outcome Refuse(Errno error, ulong va)
    {
        if (error != Errno.EINVAL)
            return refusals.Refuse(&Refusals.VmBindNoPageTables, va);
        Warns?.Invoke();
        return refusals.Refuse(&Refusals.VmBindVramNeeds64K, va);
    }

    /// <summary>The op that is about to be staged, last in the list; a null reference without memory for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref PtOp BeginOp(TileUpdate update, int vma)
    {
        ref PtOp op = ref update.Ops.TryAppend();
        if (Unsafe.IsNullRef(ref op))
            return ref op;

        op.Vma = vma;
        op.FirstUpdate = update.Updates.Count;
        return ref op;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Outcome WalkBind(TileUpdate update, ref BindSource source, ref readonly LeafTemplates leaves, ref PtOp op, out VmaFlags hints)
    {
        update.Binds = true;
        if (update.Tables.TryRecallLeaf(source.Start, source.End, out int leaf))
            return BindInLeaf(update, leaf, ref source, in leaves, ref op, out hints);

        Errno error = BindWalk.RunFromRoot(update, encoding, ref source, in leaves, out hints);
        if (error != Errno.Ok)
            return Drop(update, op, error, source.Start);
        Accept(update, ref op, source.Start, source.End);
        return Outcome.Done;
    }

    /// <summary>Everything lies in the leaf table where the walk before this one ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Outcome BindInLeaf(
        TileUpdate update, int leaf, ref BindSource source, ref readonly LeafTemplates leaves, ref PtOp op, out VmaFlags hints)
    {
        hints = VmaFlags.Pte4K;
        Errno error = source.End - source.Start == PageSizes.Size4K
            ? BindWalk.RecordPage(update, leaf, source.Start, source.Offset, in source, in leaves)
            : RecordLeaf(update, leaf, ref source, in leaves, out hints);
        if (error != Errno.Ok)
            return Drop(update, op, error, source.Start);
        AcceptLeaf(update, ref op, leaf, source.Start, source.End, op.IsRebind || op.IsRepeat ? 0 : 1);
        return Outcome.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Errno RecordLeaf(TileUpdate update, int leaf, ref BindSource source, ref readonly LeafTemplates leaves, out VmaFlags hints)
    {
        var walk = new BindWalk(update, encoding, ref source, in leaves);
        Errno error = walk.RecordLeaf(leaf, source.Start, source.End);
        hints = walk.SizeHints;
        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Outcome WalkUnbind(TileUpdate update, int vma, ulong start, ulong end)
    {
        ref PtOp op = ref BeginOp(update, vma);
        if (Unsafe.IsNullRef(ref op))
            return Refuse(Errno.ENOMEM, start);

        op.Kind = PtOpKind.Unbind;
        bool isInLeaf = UnbindWalk.TryRecordLast(update, start, end, out int leaf, out Errno error);
        if (!isInLeaf)
            error = new UnbindWalk(update).RunFromRoot(start, end);
        if (error != Errno.Ok)
            return Drop(update, op, error, start);
        if (isInLeaf)
            AcceptLeaf(update, ref op, leaf, start, end, direction: -1);
        else
            Accept(update, ref op, start, end);
        return Outcome.Done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Accept(TileUpdate update, ref PtOp op, ulong start, ulong end)
    {
        op.UpdateCount = update.Updates.Count - op.FirstUpdate;
        int highest = 0, direction = op.LiveDirection;
        // SAFETY: the records of the op are the last of the list, which does not grow meanwhile.
        PtUpdate* behind = update.Updates.End;
        for (PtUpdate* record = update.Updates.First + op.FirstUpdate; record < behind; record++)
        {
            update.EntryCount += record->Count;
            // Live counts follow the plan (PT-093, PT-094).
            update.Tables.Pool.Page(record->Page).Live += direction * record->Count;
            if (record->Level == 0)
                continue;
            highest = Math.Max(highest, record->Level);
            if (record->Children != null)
                SwapChildren(update, *record);
        }

        if (highest > 0)
            update.ChangesDirectories = true;
        update.WidenHull(start, end, highest);
    }

    /// <summary>The same for an op whose only record is one of a leaf table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AcceptLeaf(TileUpdate update, ref PtOp op, int leaf, ulong start, ulong end, int direction)
    {
        int count = (int)((end - start) >> PageSizes.EntryShift(0));
        op.UpdateCount = 1;
        update.EntryCount += count;
        update.Tables.Pool.Page(leaf).Live += direction * count;
        update.WidenHull(start, end, highestLevel: 0);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Outcome Drop(TileUpdate update, in PtOp op, Errno error, ulong va)
    {
        update.Updates.Truncate(op.FirstUpdate);
        update.Ops.Truncate(update.Ops.Count - 1);
        return Refuse(error, va);
    }

    private void Undo(TileUpdate update, in PtOp op)
    {
        for (int i = op.FirstUpdate + op.UpdateCount - 1; i >= op.FirstUpdate; i--)
        {
            ref PtUpdate record = ref update.Updates[i];
            if (record.Children != null)
                SwapChildren(update, record);
            update.Tables.Pool.Page(record.Page).Live -= op.LiveDirection * record.Count;
        }

        if (op.IsBind && op.Vma != 0)
        {
            ref Vma v = ref space.Vmas[op.Vma];
            v.Flags = (v.Flags & ~VmaFlags.SizeMask) | (op.FlagsBefore & VmaFlags.SizeMask);
            v.TileStaged = op.StagedBefore;
            v.TilePending &= (byte)~update.TileBit;
        }
    }

    /// <summary>Puts the record's children into the planned tree and keeps the displaced ones, or the other way round.</summary>
    private static void SwapChildren(TileUpdate update, in PtUpdate record)
    {
        // SAFETY: both sides have record.Count numbers from these starts: the record's block and the directory's array of 512.
        ref TablePage table = ref update.Tables.Pool.Page(record.Page);
        int* planned = table.Children + record.First;
        for (int i = 0; i < record.Count; i++)
            (planned[i], record.Children[i]) = (record.Children[i], planned[i]);
        table.NoteLink(record.First);
        update.Tables.Forget(record.Level);
    }

    private static bool MaySkipFlush(TileUpdate update, int firstUpdate, ulong size)
    {
        if (update.Updates.Count - firstUpdate != 1)
            return false;
        byte level = update.Updates[firstUpdate].Level;
        return level == 0 || (level == 1 && size >= PageSizes.Size2M);
    }
}
