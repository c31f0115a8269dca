using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Finds the range at an address or makes one (specification 04 section 5.2). The caller is inside the VM.</summary>
internal static class RangeLookup
{
    /// <summary>Finds or makes.</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="request">What for.</param>
    /// <param name="range">The range, or 0.</param>
    /// <returns>Ok; -EINVAL outside the VM (SVM-050); -EFAULT when the process is gone (SVM-051); -ENOENT without a CPU mapping (SVM-053);
    /// -EPERM when the CPU may not write (SVM-054); -ENOMEM.</returns>
    public static Errno FindOrInsert(MirrorSpace space, in RangeRequest request, out int range)
    {
        range = 0;
        if (request.Address > space.Size)
            return Errno.EINVAL;
        if (!space.Host.TryEnter())
            return Errno.EFAULT;
        Errno error = Find(space, request, out range);
        space.Host.Leave();
        return error;
    }

    private static Errno Find(MirrorSpace space, in RangeRequest request, out int range)
    {
        range = 0;
        if (!space.Host.TryFindVma(request.Address, out CpuVma vma))
            return Errno.ENOENT;
        if (!request.IsReadOnly && !vma.IsWritable)
            return Errno.EPERM;
        range = space.Ranges.Containing(request.Address);
        return range != 0 ? Errno.Ok : Insert(space, request, vma, out range);
    }

    private static Errno Insert(MirrorSpace space, in RangeRequest request, in CpuVma vma, out int range)
    {
        range = 0;
        Errno error = space.RequireNotifier(request.Address, out SvmNotifier? notifier);
        if (error != Errno.Ok)
            return error;
        error = RangeChunk.TryChoose(space, request, notifier!, vma, out ulong start, out ulong end) ? Errno.Ok : Errno.EINVAL;
        if (error == Errno.Ok)
        {
            range = space.Ranges.TryAdd(start, end, notifier);
            error = range != 0 ? Errno.Ok : Errno.ENOMEM;
        }

        if (error == Errno.Ok && request.MayMigrate && vma.Kind == CpuVmaKind.Anonymous)
            space.Ranges[range].Flags |= SvmRangeFlags.Migrates;
        if (error != Errno.Ok)
            space.DropIfUnused(notifier!);
        return error;
    }
}
