using XePt.Calls;
using XePt.Pipeline;

namespace XePt.Madvise;

/// <summary>MADVISE as an operation on its VM.</summary>
internal readonly struct AdviceOperation(Advice advice) : IVmOperation
{
    public bool BeginsCall(VmContext vm) => true;

    public Outcome Run(VmContext vm) => MemoryAdvice.Run(vm, advice);
}
