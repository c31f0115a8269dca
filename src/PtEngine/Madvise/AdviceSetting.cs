using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;

namespace XePt.Madvise;

/// <summary>Stores an attribute in a VMA, and in its object (specification 04 section 13.4).</summary>
internal static class AdviceSetting
{
    /// <summary>Stores it.</summary>
    /// <returns>True when entries of the VMA do not say any more what they should.</returns>
    public static bool Set(VmContext vm, in Advice advice, ref Vma v) => advice.Args.Type switch
    {
        MemRangeAttr.PreferredLoc => SetLocation(advice, ref v),
        MemRangeAttr.Atomic => SetAtomic(vm, advice.Args.Atomic.Val, ref v),
        _ => SetPat((ushort)advice.Args.PatIndex.Val, ref v),
    };

    /// <summary>MADV-040. Another region of the same file is no difference (Q11).</summary>
    private static bool SetLocation(in Advice advice, ref Vma v)
    {
        DrmXeMadvisePreferredMemLoc wanted = advice.Args.PreferredMemLoc;
        ref VmaAttributes now = ref v.Attributes;
        bool isEqual = now.PreferredDevice == (int)wanted.DevmemFd && now.MigrationPolicy == (byte)wanted.MigrationPolicy;
        if (!v.IsMirror || isEqual)
            return false;
        (now.PreferredDevice, now.MigrationPolicy) = ((int)wanted.DevmemFd, (byte)wanted.MigrationPolicy);
        (now.RegionInstance, now.Pagemap) = (wanted.RegionInstance, advice.Target.Pagemap);
        return true;
    }

    /// <summary>MADV-041, MADV-042.</summary>
    private static bool SetAtomic(VmContext vm, AtomicAccess access, ref Vma v)
    {
        if (v.IsUserptr && !(access == AtomicAccess.Device && vm.Facts.Platform.DeviceAtomicsOnSystemMemory))
            return false;
        bool isChanged = v.Attributes.Atomic != access;
        v.Attributes.Atomic = access;
        return v.HasBo ? SetAtomic(vm.Memory.Bos[v.Bo], access) || isChanged : isChanged;
    }

    private static bool SetAtomic(BufferObject bo, AtomicAccess access)
    {
        if (bo.Atomic == access)
            return false;
        bo.Atomic = access;
        if (access is AtomicAccess.Cpu or AtomicAccess.Global && bo.Place is { Region: > 0 })
            bo.ZapCpuMappings();
        return true;
    }

    /// <summary>MADV-043: what the attribute falls back to stays.</summary>
    private static bool SetPat(ushort pat, ref Vma v)
    {
        bool isChanged = v.Attributes.Pat != pat;
        v.Attributes.Pat = pat;
        return isChanged;
    }
}
