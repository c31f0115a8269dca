using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Madvise;

/// <summary>The other direction: which attributes the VMAs of an interval have (BIND-275 to BIND-277).</summary>
/// <remarks>Concurrency: belongs to one call.</remarks>
/// <param name="gate">Is asked for the memory of the answer.</param>
internal sealed class AttributeList(AllocationGate gate) : IDisposable
{
    private UnmanagedList<DrmXeMemRangeAttr> _found = new(gate);

    /// <summary>What is to be written, which is nothing for a call that counts.</summary>
    public ReadOnlySpan<DrmXeMemRangeAttr> Found => _found.Items;

    /// <summary>Asks a VM. The client's memory is not touched while it is entered.</summary>
    /// <param name="args">The call. Out: how many there are, and the size of each.</param>
    /// <param name="vm">The VM that it names, or null.</param>
    /// <returns>Not rejected, or why there is no answer.</returns>
    public unsafe Rejection Answer(ref DrmXeVmQueryMemRangeAttr args, VmContext? vm)
    {
        Rejection why = VmQueryMemRangeAttrsChecks.Validate(args);
        if (why.IsRejected)
            return why;
        if (vm is null)
            return Refusals.MemRangeAttrsUnknownVm(args.VmId);

        using VmContext.LookScope look = vm.Look();
        // Addresses are taken as they are, and an end beyond 2^64 wraps, as in the driver (MADV-064).
        ulong end = args.Start + args.Range;
        uint count = Count(vm.Space, args.Start, end);
        if (args.NumMemRanges != 0)
            why = Fill(args, vm.Space, end, count);
        if (!why.IsRejected)
            (args.NumMemRanges, args.SizeofMemRangeAttr) = (count, (ulong)sizeof(DrmXeMemRangeAttr));
        return why;
    }

    public void Dispose() => _found.Dispose();

    /// <summary>One record for each VMA. The memory comes before the room, as in the driver, but for no more records than there are: it
    /// takes some for the whole array of the client, who may ask for any number.</summary>
    private Rejection Fill(in DrmXeVmQueryMemRangeAttr args, GpuvaSpace space, ulong end, uint count)
    {
        if (!_found.TryReserve((int)Math.Clamp(count, 1, args.NumMemRanges)))
        {
            return args.NumMemRanges > 1
                ? Refusals.MemRangeAttrsNoMemoryForMany(args.NumMemRanges)
                : Refusals.MemRangeAttrsNoMemory(args.NumMemRanges);
        }

        if (count > args.NumMemRanges)
            return Refusals.MemRangeAttrsNoRoom(args.NumMemRanges, count);
        for (int vma = space.FirstOverlap(args.Start, end); vma != 0; vma = space.NextFrom(space.Vmas[vma].End, end))
            _found.AppendReserved() = RecordOf(space.Vmas[vma]);
        return default;
    }

    private static uint Count(GpuvaSpace space, ulong start, ulong end)
    {
        uint count = 0;
        for (int vma = space.FirstOverlap(start, end); vma != 0; vma = space.NextFrom(space.Vmas[vma].End, end))
            count++;
        return count;
    }

    private static DrmXeMemRangeAttr RecordOf(in Vma vma) => new()
    {
        Start = vma.Start,
        End = vma.End,
        PreferredMemLoc = new() { DevmemFd = (uint)vma.Attributes.PreferredDevice, MigrationPolicy = vma.Attributes.MigrationPolicy },
        Atomic = new() { Val = vma.Attributes.Atomic },
        PatIndex = new() { Val = vma.Attributes.Pat },
    };
}
