using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Madvise;

/// <summary>The other direction: which attributes the VMAs of an interval have (BIND-275 to BIND-277).</summary>
internal static class AttributeList
{
    /// <summary>What is to be written, which is nothing for a call that counts. The client's memory is not touched while the VM is
    /// entered.</summary>
    /// <param name="args">The call. Out: how many there are, and the size of each.</param>
    /// <param name="vm">The VM that it names, or null.</param>
    /// <param name="found">What is to be written.</param>
    /// <returns>Not rejected, or why there is no answer.</returns>
    public static unsafe Rejection Answer(ref DrmXeVmQueryMemRangeAttr args, VmContext? vm, out DrmXeMemRangeAttr[] found)
    {
        found = [];
        Rejection why = VmQueryMemRangeAttrsChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (vm is null)
            return Refusals.MemRangeAttrsUnknownVm(args.VmId);

        List<DrmXeMemRangeAttr> all = Of(vm, args.Start, args.Start + args.Range);
        if (args.NumMemRanges != 0 && (uint)all.Count > args.NumMemRanges)
            return Refusals.MemRangeAttrsNoRoom(args.NumMemRanges, (ulong)all.Count);
        if (args.NumMemRanges != 0)
            found = [.. all];
        args.NumMemRanges = (uint)all.Count;
        args.SizeofMemRangeAttr = (ulong)sizeof(DrmXeMemRangeAttr);
        return default;
    }

    /// <summary>The attributes of each VMA that overlaps <c>[start, end)</c>, by address. Enters the VM.</summary>
    private static List<DrmXeMemRangeAttr> Of(VmContext vm, ulong start, ulong end)
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
