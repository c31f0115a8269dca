using System.Diagnostics;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>The one or two pieces that a REMAP leaves of a VMA: makes them, puts them in its place, and back.</summary>
internal static class RemapPieces
{
    /// <summary>Makes the VMAs of the pieces, in no tree yet.</summary>
    /// <returns>Ok; or -ENOMEM or -EFAULT, and then there is none.</returns>
    public static Errno Make(GpuvaVm vm, uint call, ref GpuvaOp op)
    {
        Errno error = Make(vm, call, op.Vma, ref op.Previous, op.Previous.End);
        if (error != Errno.Ok)
            return error;

        error = Make(vm, call, op.Vma, ref op.Next, op.Next.Start);
        if (error != Errno.Ok && op.Previous.Vma != 0)
            vm.Vmas.Destroy(op.Previous.Vma, after: Fence.Signalled);
        return error;
    }

    /// <summary>Puts the pieces where the old VMA was. The next piece goes in first because only that can fail.</summary>
    public static bool TryInsert(GpuvaSpace space, in GpuvaOp op)
    {
        if (!space.TryKeepRoom())
            return false;
        if (op.Previous.Vma == 0)
            return space.TryReplace(op.Vma, op.Next.Vma);

        if (op.Next.Vma != 0 && !space.TryInsertFree(op.Next.Vma))
            return false;
        bool replaced = space.TryReplace(op.Vma, op.Previous.Vma);
        Debug.Assert(replaced);
        return true;
    }

    public static void Remove(GpuvaSpace space, in GpuvaOp op)
    {
        if (op.Previous.Vma != 0)
            space.Remove(op.Previous.Vma);
        if (op.Next.Vma != 0)
            space.Remove(op.Next.Vma);
    }

    /// <summary>Destroys pieces that are in no tree, in the reverse order of their making.</summary>
    public static void Destroy(VmaFactory vmas, in GpuvaOp op)
    {
        if (op.Next.Vma != 0)
            vmas.Destroy(op.Next.Vma, after: Fence.Signalled);
        if (op.Previous.Vma != 0)
            vmas.Destroy(op.Previous.Vma, after: Fence.Signalled);
    }

    /// <summary>A piece is of the old VMA's kind, with its flags and attributes (BIND-179 to BIND-181); it is skipped when the cut suits
    /// the old VMA's largest page (BIND-184, BIND-187).</summary>
    private static Errno Make(GpuvaVm vm, uint call, int oldVma, ref GpuvaPiece piece, ulong cut)
    {
        piece.Vma = 0;
        if (!piece.Exists)
            return Errno.Ok;

        Vma old = vm.Space.Vmas[oldVma];
        old.Touch(call);
        Errno error = vm.Vmas.CreatePiece(old, piece, InheritedFlags(vm.Profile, old), InheritedAttributes(vm.Profile, old), out piece.Vma);
        if (error != Errno.Ok)
            return error;

        ref Vma v = ref vm.Space.Vmas[piece.Vma];
        v.Touch(call);
        ulong pageSize = old.LargestPageSize;
        // A VMA whose own bind is still to come in this call has no entries to keep: deviation from the reference's skip_of_staged defect.
        piece.Skip = old.IsMirror || (!old.IsUserptr && (cut & (pageSize - 1)) == 0 && !old.AwaitsBind);
        v.AwaitsBind = !piece.Skip;
        if (!piece.Skip)
            return Errno.Ok;

        v.Flags |= Vma.HintFor(pageSize);
        v.TilePresent = old.TilePresent;
        if ((old.Flags & VmaFlags.Unmarked) != 0)
            (v.Flags, v.TileStaged) = (v.Flags | VmaFlags.Unmarked, old.TileStaged);
        return Errno.Ok;
    }

    private static VmaFlags InheritedFlags(XeProfile profile, in Vma old) =>
        profile == XeProfile.Final ? old.Flags : old.Flags & ~VmaFlags.Autoreset;

    private static VmaAttributes InheritedAttributes(XeProfile profile, in Vma old) =>
        profile == XeProfile.Final ? old.Attributes : VmaAttributes.ForPat(old.Attributes.Pat);
}
