using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Undoes a parsed op; ops are undone newest first (BIND-215 to BIND-218). The caller has suspended the allocation gate; room for
/// what
/// is put back was kept when it was taken out.</summary>
internal static partial class OpUnwind
{
    [OpDispatch]
    public static partial void Unwind(GpuvaOpKind kind, GpuvaVm vm, ref GpuvaOp op);

    [HandlesOp(GpuvaOpKind.Map)]
    private static void Map(GpuvaVm vm, ref GpuvaOp op)
    {
        vm.Space.Remove(op.Vma);
        vm.Vmas.Destroy(op.Vma, after: Fence.Signalled);
    }

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static void Unmap(GpuvaVm vm, ref GpuvaOp op) => Restore(vm.Space, op);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static void Remap(GpuvaVm vm, ref GpuvaOp op)
    {
        RemapPieces.Remove(vm.Space, op);
        Restore(vm.Space, op);
        RemapPieces.Destroy(vm.Vmas, op);
    }

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void Prefetch(GpuvaVm vm, ref GpuvaOp op)
    {
        if (op.IsRepinned)
            vm.Vmas.UndoRepin(vm.Space.Vmas[op.Vma], op.OldPages);
    }

    private static void Restore(GpuvaSpace space, in GpuvaOp op)
    {
        ref Vma v = ref space.Vmas[op.Vma];
        v.Flags &= ~VmaFlags.Destroyed;
        v.Start = op.Start;
        v.End = op.End;
        space.PutBack(op.Vma);
    }
}
