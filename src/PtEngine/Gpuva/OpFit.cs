using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Gives ops the intervals that hold after all ops of a call are parsed: a later op may have cut what an earlier one is
/// about.</summary>
internal static partial class OpFit
{
    [OpDispatch]
    public static partial void Fit(GpuvaOpKind kind, GpuvaVm vm, ref GpuvaOp op);

    /// <summary>Binds its VMA as it is then.</summary>
    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void Prefetch(GpuvaVm vm, ref GpuvaOp op)
    {
        ref Vma v = ref vm.Space.Vmas[op.Vma];
        (op.Start, op.End) = (v.Start, v.End);
    }

    /// <summary>Their intervals are what was asked for.</summary>
    [HandlesOp(GpuvaOpKind.Map)]
    [HandlesOp(GpuvaOpKind.Unmap)]
    [HandlesOp(GpuvaOpKind.Remap)]
    private static void Keep(GpuvaVm vm, ref GpuvaOp op)
    {
    }
}
