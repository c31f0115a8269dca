using XePt.Calls;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Madvise;

/// <summary>
/// MADVISE on one VM (specification 04 sections 13.2 to 13.5): the list of VMAs gets borders where the advice begins and ends, each VMA in
/// between gets the attribute, and where that changes what entries must say they are taken away, so that the next fault makes new ones.
/// Inside the VM, in a call that has begun.
/// </summary>
internal static class MemoryAdvice
{
    /// <summary>Follows the advice.</summary>
    /// <returns>Done; or refused, and then attributes and entries are as before. Only borders stay when an object cannot be what is asked
    /// (MADV-021), and only ranges that lay across a border of a VMA before a userptr are gone (VEC-11).</returns>
    public static Outcome Run(VmContext vm, in Advice advice)
    {
        vm.CollectGarbage();
        if (vm.IsClosed || vm.IsBanned)
            return vm.Call.Refuse(Refusals.MadviseClosedVm(advice.Args.VmId));
        if (advice.Target.Why.IsRejected)
            return vm.Call.Refuse(advice.Target.Why);

        Outcome outcome = AdviceSplit.Run(vm, advice.Start, advice.End);
        if (outcome == Outcome.Done && advice.Args.Type == MemRangeAttr.Atomic)
            outcome = CheckObjects(vm, advice);
        if (outcome == Outcome.Done)
            Apply(vm, advice);
        return outcome;
    }

    /// <summary>MADV-021.</summary>
    private static Outcome CheckObjects(VmContext vm, in Advice advice)
    {
        for (int vma = vm.Space.FirstOverlap(advice.Start, advice.End); vma != 0;)
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            if (v.HasBo && !Allows(vm.Memory.Bos[v.Bo], advice.Args.Atomic.Val, vm.Facts.Platform.DeviceAtomicsOnSystemMemory))
                return vm.Call.Refuse(Refusals.MadviseAtomicIsImpossible((ulong)advice.Args.Atomic.Val));
            vma = vm.Space.NextFrom(v.End, advice.End);
        }

        return Outcome.Done;
    }

    private static bool Allows(BufferObject bo, AtomicAccess access, bool deviceReachesSystem)
    {
        bool system = bo.MayBeIn(0), vram = (bo.Placements & ~1u) != 0;
        return access switch
        {
            AtomicAccess.Cpu => system,
            AtomicAccess.Device => vram || (system && deviceReachesSystem),
            AtomicAccess.Global => system && vram,
            _ => true,
        };
    }

    private static void Apply(VmContext vm, in Advice advice)
    {
        var zap = new AdviceZap(vm, advice.Start, advice.End);
        for (int vma = vm.Space.FirstOverlap(advice.Start, advice.End); vma != 0;)
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            if (AdviceSetting.Set(vm, advice, ref v))
                zap.Add(vma);
            vma = vm.Space.NextFrom(v.End, advice.End);
        }

        zap.Flush();
    }
}
