using System.Runtime.CompilerServices;
using XePt.Diagnostics;
using XePt.Gpuva;

namespace XePt.Pipeline;

/// <summary>What events about VMAs carry.</summary>
internal static class VmaEvents
{
    public static void Invalidate(VmContext vm, int vma) => EngineEvents.VmaInvalidate(vm.Watch, Of(vm, vma));

    /// <summary>A VMA as it is now (PT-200).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static VmaEvent Of(VmContext vm, int vma)
    {
        ref readonly Vma v = ref vm.Space.Vmas[vma];
        return new VmaEvent
        {
            Vma = (ulong)vma,
            Vm = (ulong)vm.Tlb.Vm.Number,
            Asid = vm.Tlb.Vm.Asid,
            Start = v.Start,
            End = v.End - 1,
            Ptr = v.IsUserptr ? v.Offset : 0,
        };
    }
}
