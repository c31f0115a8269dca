using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Madvise;

/// <summary>The other direction: which attributes the VMAs of an interval have (BIND-275 to BIND-277).</summary>
internal static class AttributeList
{
    /// <summary>The attributes of each VMA that overlaps <c>[start, end)</c>, by address. Enters the VM.</summary>
    public static List<DrmXeMemRangeAttr> Of(VmContext vm, ulong start, ulong end)
    {
        var all = new List<DrmXeMemRangeAttr>();
        using VmContext.LookScope look = vm.Look();
        // Addresses are taken as they are, and an end beyond 2^64 wraps, as in the driver (MADV-064).
        for (int vma = vm.Space.FirstOverlap(start, end); vma != 0; vma = vm.Space.NextFrom(vm.Space.Vmas[vma].End, end))
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            all.Add(new DrmXeMemRangeAttr
            {
                Start = v.Start,
                End = v.End,
                PreferredMemLoc = new() { DevmemFd = (uint)v.Attributes.PreferredDevice, MigrationPolicy = v.Attributes.MigrationPolicy },
                Atomic = new() { Val = v.Attributes.Atomic },
                PatIndex = new() { Val = v.Attributes.Pat },
            });
        }

        return all;
    }
}
