using System.Diagnostics;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Gpuva;

/// <summary>
/// Parses GPUVA ops in list order and applies each to the VMA tree before the next one is looked at (specification 02 section 11): makes
/// the new VMAs, decides what is skipped, counts PT ops. A failed parse leaves the tree and the op as they were.
/// </summary>
internal sealed class GpuvaOpParser(GpuvaSpace space, VmaFactory factory, SvmRangeMap ranges, VmFacts vm, XeProfile profile)
{
    /// <summary>An earlier mirror MAP of the same ioctl lets mirrors with ranges be removed (BIND-134).</summary>
    public bool AllowsRangeRemoval { get; set; }

    /// <summary>PT ops counted so far, the same on every tile (BIND-177, BIND-188 to BIND-190).</summary>
    public int PtOps { get; set; }

    /// <summary>User fence of the call, for <see cref="Finish"/> to remember, or 0.</summary>
    public int UserFence { get; set; }

    /// <summary>Why the last parse failed.</summary>
    public Rejection Why { get; private set; }

    /// <summary>Begins a request.</summary>
    public void Begin()
    {
        AllowsRangeRemoval = false;
        PtOps = 0;
        Why = default;
    }

    /// <summary>Parses and commits one op.</summary>
    public Errno Parse(ref GpuvaOp op)
    {
        Errno error = GpuvaDispatch.Parse(op.Kind, this, ref op);
        op.IsCommitted = error == Errno.Ok;
        return error;
    }

    internal Errno ParseMap(ref GpuvaOp op)
    {
        Errno error = factory.Create(op.Start, op.End, op.CreateFlags, op.Bo, op.Offset, VmaAttributes.ForPat(op.Pat), out op.Vma);
        if (error != Errno.Ok)
            return Refuse(error, op.Start, op.Offset);
        if (!space.TryInsertFree(op.Vma))
        {
            factory.Destroy(op.Vma);
            return Refuse(Errno.ENOMEM, op.Start);
        }

        bool isMirror = (op.CreateFlags & VmaFlags.Mirror) != 0;
        bool binds = (op.Immediate || !vm.IsFaultMode) && !isMirror;
        if (binds || op.InvalidateOnBind)
            PtOps++;
        ref Vma v = ref space.Vmas[op.Vma];
        v.AwaitsBind = !isMirror && (binds || op.InvalidateOnBind);
        return Errno.Ok;
    }

    internal Errno ParseUnmap(ref GpuvaOp op)
    {
        ref Vma v = ref space.Vmas[op.Vma];
        if (v.IsMirror && !AllowsRangeRemoval && HasRanges(v.Start, v.End))
            return Refuse(Refusals.VmBindMirrorRemovalIsBusy(v.Start));

        if (!v.IsMirror)
            PtOps++;
        space.Remove(op.Vma);
        v.Flags |= VmaFlags.Destroyed;
        return Errno.Ok;
    }

    internal Errno ParseRemap(ref GpuvaOp op)
    {
        ref Vma old = ref space.Vmas[op.Vma];
        op.UnbindStart = op.Previous.Exists ? op.Previous.End : op.Start;
        op.UnbindEnd = op.Next.Exists ? op.Next.Start : op.End;
        if (old.IsMirror && HasRanges(op.UnbindStart, op.UnbindEnd))
            return Refuse(Refusals.VmBindMirrorSplitIsBusy(op.UnbindStart));

        Errno error = MakePieces(ref op);
        if (error != Errno.Ok)
            return Refuse(error, op.Start, old.Offset);
        if (!InsertPieces(op))
        {
            DestroyPieces(op);
            return Refuse(Errno.ENOMEM, op.Start);
        }

        op.UnbindStart = op.Previous.Skip ? op.UnbindStart : op.Start;
        op.UnbindEnd = op.Next.Skip ? op.UnbindEnd : op.End;
        PtOps += old.IsMirror ? 0 : 1 + Rebinds(op.Previous) + Rebinds(op.Next);
        old.Flags |= VmaFlags.Destroyed;
        old.Start = op.UnbindStart;
        old.End = op.UnbindEnd;
        return Errno.Ok;
    }

    internal Errno ParsePrefetch(ref GpuvaOp op)
    {
        ref Vma v = ref space.Vmas[op.Vma];
        op.IsRepinned = v.IsUserptr && factory.TryRepin(v, out op.OldPages);
        if (v.IsUserptr && !op.IsRepinned)
            return Refuse(Errno.EFAULT, op.Start, v.Offset);
        if (!v.IsMirror)
            PtOps++;
        return Errno.Ok;
    }

    /// <summary>Undoes a committed op; ops are undone newest first (BIND-215 to BIND-218). The caller has suspended the allocation gate:
    /// the nodes a reinsertion needs are those its removal freed.</summary>
    public void Unwind(ref GpuvaOp op)
    {
        if (!op.IsCommitted)
            return;

        op.IsCommitted = false;
        switch (op.Kind)
        {
            case GpuvaOpKind.Map:
                space.Remove(op.Vma);
                factory.Destroy(op.Vma);
                break;
            case GpuvaOpKind.Unmap:
                Restore(op);
                break;
            case GpuvaOpKind.Remap:
                RemovePieces(op);
                Restore(op);
                DestroyPieces(op);
                break;
            case GpuvaOpKind.Prefetch when op.IsRepinned:
                factory.UndoRepin(space.Vmas[op.Vma], op.OldPages);
                break;
        }
    }

    /// <summary>Destroys what a successful request removed and ends the request's marks (BIND-229, BIND-252). The seed remembers the user
    /// fence on mirrors but not on skipped pieces, the final driver the other way round.</summary>
    public void Finish(ref GpuvaOp op)
    {
        switch (op.Kind)
        {
            case GpuvaOpKind.Map:
                bool remembers = (op.CreateFlags & VmaFlags.Mirror) == 0 || profile != XeProfile.Final;
                Settle(op.Vma, remembers);
                break;
            case GpuvaOpKind.Unmap:
                factory.Destroy(op.Vma);
                break;
            case GpuvaOpKind.Remap:
                Settle(op.Previous.Vma, remembersFence: !op.Previous.Skip || profile == XeProfile.Final);
                Settle(op.Next.Vma, remembersFence: !op.Next.Skip || profile == XeProfile.Final);
                factory.Destroy(op.Vma);
                break;
            case GpuvaOpKind.Prefetch:
                factory.Deferred.AddPages(factory.ReleaseAfter, op.OldPages.Pages);
                Settle(op.Vma, remembersFence: true);
                break;
        }
    }

    private Errno MakePieces(ref GpuvaOp op)
    {
        Errno error = MakePiece(op.Vma, ref op.Previous, op.Previous.End);
        if (error != Errno.Ok)
            return error;

        error = MakePiece(op.Vma, ref op.Next, op.Next.Start);
        if (error != Errno.Ok && op.Previous.Vma != 0)
            factory.Destroy(op.Previous.Vma);
        return error;
    }

    /// <summary>PREFETCH ops bind their VMA as it is after all ops are parsed: a later op may have cut it.</summary>
    public void SettlePrefetch(ref GpuvaOp op)
    {
        if (op.Kind != GpuvaOpKind.Prefetch)
            return;
        op.Start = space.Vmas[op.Vma].Start;
        op.End = space.Vmas[op.Vma].End;
    }

    /// <summary>A piece is of the old VMA's kind, with its flags and attributes (BIND-179 to BIND-181); it is skipped when the cut suits
    /// the old VMA's largest page (BIND-184, BIND-187).</summary>
    private Errno MakePiece(int oldVma, ref GpuvaPiece piece, ulong cut)
    {
        piece.Vma = 0;
        if (!piece.Exists)
            return Errno.Ok;

        Vma old = space.Vmas[oldVma];
        Errno error = factory.Create(piece.Start, piece.End, InheritedFlags(old), old.Bo, piece.Offset, InheritedAttributes(old), out piece.Vma);
        if (error != Errno.Ok)
            return error;

        ref Vma v = ref space.Vmas[piece.Vma];
        ulong pageSize = old.LargestPageSize;
        // A VMA whose own bind is still to come in this request has no entries to keep: deviation from the reference's skip_of_staged defect.
        piece.Skip = old.IsMirror || (!old.IsUserptr && !old.AwaitsBind && (cut & (pageSize - 1)) == 0);
        v.AwaitsBind = !piece.Skip;
        if (!piece.Skip)
            return Errno.Ok;

        v.Flags |= Vma.HintFor(pageSize);
        v.TilePresent = old.TilePresent;
        return Errno.Ok;
    }

    private VmaFlags InheritedFlags(in Vma old) => profile == XeProfile.Final ? old.Flags : old.Flags & ~VmaFlags.Autoreset;

    private VmaAttributes InheritedAttributes(in Vma old) =>
        profile == XeProfile.Final ? old.Attributes : VmaAttributes.ForPat(old.Attributes.Pat);

    /// <summary>Puts the pieces where the old VMA was. The next piece goes in first because only that can fail.</summary>
    private bool InsertPieces(in GpuvaOp op)
    {
        if (op.Previous.Vma == 0)
            return space.TryReplace(op.Vma, op.Next.Vma);

        if (op.Next.Vma != 0 && !space.TryInsertFree(op.Next.Vma))
            return false;
        bool replaced = space.TryReplace(op.Vma, op.Previous.Vma);
        Debug.Assert(replaced);
        return true;
    }

    private void RemovePieces(in GpuvaOp op)
    {
        if (op.Previous.Vma != 0)
            space.Remove(op.Previous.Vma);
        if (op.Next.Vma != 0)
            space.Remove(op.Next.Vma);
    }

    private void DestroyPieces(in GpuvaOp op)
    {
        if (op.Next.Vma != 0)
            factory.Destroy(op.Next.Vma);
        if (op.Previous.Vma != 0)
            factory.Destroy(op.Previous.Vma);
    }

    private void Restore(in GpuvaOp op)
    {
        ref Vma v = ref space.Vmas[op.Vma];
        v.Flags &= ~VmaFlags.Destroyed;
        v.Start = op.Start;
        v.End = op.End;
        bool inserted = space.TryInsertFree(op.Vma);
        Debug.Assert(inserted);
    }

    private void Settle(int vma, bool remembersFence)
    {
        if (vma == 0)
            return;
        ref Vma v = ref space.Vmas[vma];
        v.AwaitsBind = false;
        v.TilePending = 0;
        if (UserFence != 0 && remembersFence)
            factory.RememberUserFence(vma, UserFence);
    }

    private bool HasRanges(ulong start, ulong end) => profile == XeProfile.Final && ranges.FirstOverlap(start, end) != 0;

    private static int Rebinds(in GpuvaPiece piece) => piece.Exists && !piece.Skip ? 1 : 0;

    private Errno Refuse(in Rejection why)
    {
        Why = why;
        return why.Errno;
    }

    private Errno Refuse(Errno error, ulong va, ulong cpuAddress = 0) => Refuse(error switch
    {
        Errno.EOVERFLOW => Refusals.VmBindUserptrWraps(cpuAddress),
        Errno.EFAULT => Refusals.VmBindUserptrIsNotMapped(cpuAddress),
        _ => Refusals.VmBindNoVmas(va),
    });
}
