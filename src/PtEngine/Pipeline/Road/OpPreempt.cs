using XePt.Gpuva;
using XePt.Uapi.Spec;

namespace XePt.Pipeline;

/// <summary>What the ops of a call in a preempt-fence VM ask of its preempt fences.</summary>
internal static partial class OpPreempt
{
    [OpDispatch]
    public static partial void Install(GpuvaOpKind kind, VmContext vm, Preemption preemption, in GpuvaOp op);

    /// <summary>An external BO gets its first mapping (BIND-020).</summary>
    [HandlesOp(GpuvaOpKind.Map)]
    private static void Map(VmContext vm, Preemption preemption, in GpuvaOp op)
    {
        if (vm.ExternalBoOf(op.Vma) is var bo and not 0)
            preemption.InstallOn(vm.BoFences.Of(bo));
    }

    /// <summary>What was mapped has them.</summary>
    [HandlesOp(GpuvaOpKind.Unmap)]
    [HandlesOp(GpuvaOpKind.Remap)]
    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static void Nothing(VmContext vm, Preemption preemption, in GpuvaOp op)
    {
    }
}
