using System.Runtime.CompilerServices;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>What the ops of a call leave when it has succeeded: removed VMAs are destroyed, the others remember the user fence of the call
/// (BIND-229, BIND-252). The seed remembers it on mirrors but not on skipped pieces, the final driver the other way round.</summary>
internal static unsafe partial class OpFinish
{
    /// <summary>Finishes an op.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="after">Signals when the call is complete: what removed VMAs held stays until then.</param>
    /// <param name="userFence">User fence of the call, or 0.</param>
    /// <param name="op">The op.</param>
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial void Finish(GpuvaOpKind kind, GpuvaVm vm, Fence after, int userFence, in GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Map(GpuvaVm vm, Fence after, int userFence, in GpuvaOp op)
    {
        if (userFence != 0 && ((op.CreateFlags & VmaFlags.Mirror) == 0 || vm.Profile != XeProfile.Final))
            vm.Vmas.RememberUserFence(op.Vma, userFence);
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unmap(GpuvaVm vm, Fence after, int userFence, in GpuvaOp op) =>
        // SAFETY: it is out of the map, and still there.
        vm.Vmas.Destroy(op.Vma, ref *op.Record, after);

    [HandlesOp(GpuvaOpKind.Remap)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Remap(GpuvaVm vm, Fence after, int userFence, in GpuvaOp op)
    {
        Remember(vm, op.Previous, userFence);
        Remember(vm, op.Next, userFence);
        vm.Vmas.Destroy(op.Vma, after);
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Prefetch(GpuvaVm vm, Fence after, int userFence, in GpuvaOp op)
    {
        vm.Vmas.Deferred.AddPages(after, op.OldPages.Slot);
        if (userFence != 0)
            vm.Vmas.RememberUserFence(op.Vma, userFence);
    }

    private static void Remember(GpuvaVm vm, in GpuvaPiece piece, int userFence)
    {
        if (userFence != 0 && piece.Vma != 0 && (!piece.Skip || vm.Profile == XeProfile.Final))
            vm.Vmas.RememberUserFence(piece.Vma, userFence);
    }
}
