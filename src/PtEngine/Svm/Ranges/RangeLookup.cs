using System.Runtime.CompilerServices;
using XePt.Gpuva;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Svm;

/// <summary>Finds the range at an address or makes one (specification 04 section 5.2). The caller is inside the VM.</summary>
/// <remarks>Concurrency: the mapping is looked at between reading the notifier's sequence number and finding it unchanged with the range in
/// the map. So a change that takes the mapping away is either seen here, or finds the range; no range is left where nothing is
/// mapped.</remarks>
internal static class RangeLookup
{
    /// <summary>Finds or makes.</summary>
    /// <param name="space">The VM's mirrors.</param>
    /// <param name="request">What for.</param>
    /// <param name="range">The range, or 0.</param>
    /// <returns>Ok; -EINVAL outside the VM (SVM-050); -EFAULT when the process is gone (SVM-051); -ENOENT without a CPU mapping (SVM-053);
    /// -EPERM when the CPU may not write (SVM-054); -ENOMEM; -EBUSY when the mapping changes again and again; -EAGAIN in the middle of a
    /// change: the VM is to be left until it has ended.</returns>
    public static Errno FindOrInsert(MirrorSpace space, in RangeRequest request, out int range)
    {
        range = 0;
        // As the vectors show, the first address behind the VM is not outside yet; nothing is mapped there.
        if (request.Address > space.Size)
            return Errno.EINVAL;
        if (!space.Host.TryEnter())
            return Errno.EFAULT;
        try
        {
            return FindOrInsertInside(space, request, out range);
        }
        finally
        {
            space.Host.Leave();
        }
    }

    /// <summary>The same for who has entered the process, and asks for an address inside the VM.</summary>
    public static Errno FindOrInsertInside(MirrorSpace space, in RangeRequest request, out int range)
    {
        var looks = default(PageLooks);
        Errno error;
        do
            error = Find(space, request, ref looks, out range);
        while (looks.TryGoOn(ref error));
        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Find(MirrorSpace space, in RangeRequest request, ref PageLooks looks, out int range)
    {
        range = space.Ranges.Containing(request.Address, out AddressRange free);
        SvmNotifier? notifier = space.NotifierAt(request.Address);
        // Making a range looks at the mapping itself, and nothing but a missing notifier is made before that.
        Errno error = range != 0 || notifier is null ? FindVma(space, request, out _) : Errno.Ok;
        if (error != Errno.Ok)
            range = 0;
        if (error != Errno.Ok || range != 0)
            return error;
        if (notifier is null)
            error = space.AddNotifier(request.Address, out notifier);
        return error == Errno.Ok ? Insert(space, request, notifier!, free, ref looks, out range) : error;
    }

    private static Errno FindVma(MirrorSpace space, in RangeRequest request, out CpuVma vma) =>
        !space.Host.TryFindVma(request.Address, out vma) ? Errno.ENOENT
        : !request.IsReadOnly && !vma.IsWritable ? Errno.EPERM : Errno.Ok;

    /// <summary>Makes the range as the mapping is now.</summary>
    /// <returns>As <see cref="FindOrInsert"/>; -EAGAIN when the mapping changes meanwhile, and then there is no range.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Insert(
        MirrorSpace space, in RangeRequest request, SvmNotifier notifier, AddressRange free, ref PageLooks looks, out int range)
    {
        range = 0;
        Errno error = Errno.EAGAIN;
        if (space.Host.TryReadBegin(notifier, out ulong sequence))
            error = Make(space, request, notifier, free, out range);
        else if ((error = FindVma(space, request, out _)) == Errno.Ok)
        {
            space.CarryOutChanges();
            error = looks.MeetChange();
        }

        if (error == Errno.Ok && space.Host.ReadRetry(notifier, sequence))
        {
            space.Ranges.Remove(range);
            (range, error) = (0, Errno.EAGAIN);
        }

        if (error != Errno.Ok)
            space.DropIfUnused(notifier);
        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Make(MirrorSpace space, in RangeRequest request, SvmNotifier notifier, AddressRange free, out int range)
    {
        range = 0;
        Errno error = FindVma(space, request, out CpuVma vma);
        if (error != Errno.Ok)
            return error;
        error = RangeChunk.TryChoose(space, request, notifier, vma, free, out ulong start, out ulong end) ? Errno.Ok : Errno.EINVAL;
        if (error == Errno.Ok)
        {
            bool migrates = request.MayMigrate && vma.Kind == CpuVmaKind.Anonymous;
            range = space.Ranges.TryAdd(start, end, notifier, migrates ? SvmRangeFlags.Migrates : SvmRangeFlags.None);
            error = range != 0 ? Errno.Ok : Errno.ENOMEM;
        }

        return error;
    }
}
