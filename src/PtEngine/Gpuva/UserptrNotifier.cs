using XePt.Fences;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>What tells a VM that the pages of one userptr change (UPTR-002). Used again for another one.</summary>
internal sealed class UserptrNotifier(UserptrProcess process) : CpuSubscription
{
    /// <summary>Whose memory it is.</summary>
    public UserptrProcess Process { get; } = process;

    /// <summary>The userptr.</summary>
    public UserptrHit Userptr { get; set; }

    /// <inheritdoc/>
    public override bool Invalidate(in CpuChange change)
    {
        // As for ranges: the client's code comes afterwards, or while the change waits.
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        return Process.Invalidate(this, change);
    }
}

/// <summary>The process that userptrs of a VM are bound from: where their pages come from, and who says that they change.</summary>
internal abstract class UserptrProcess
{
    /// <summary>Subscribes to the changes of a userptr's CPU addresses.</summary>
    /// <returns>Ok; -EFAULT when the process is gone; -ENOMEM.</returns>
    public abstract Errno Watch(UserptrHit userptr, ulong start, ulong end, out UserptrNotifier? notifier);

    /// <summary>Ends <see cref="Watch"/>. The GPU cannot reach the pages any more.</summary>
    public abstract void Unwatch(UserptrNotifier notifier);

    /// <summary>Collects the pages of a userptr as they are now. Inside the VM.</summary>
    /// <param name="notifier">Its notifier.</param>
    /// <param name="v">The userptr.</param>
    /// <param name="state">What <see cref="UserptrTable.Read"/> gave before they were looked up; a newer one when there is.</param>
    /// <param name="pages">Slot of the pages, pinned once.</param>
    /// <param name="pagemap">Number of the pagemap that some of them are in, or 0.</param>
    /// <returns>Ok; -EFAULT, -EPERM, -EOPNOTSUPP, -ENOMEM, or -EBUSY when they change again and again (UPTR-004, UPTR-037).</returns>
    public abstract Errno Collect(UserptrNotifier notifier, in Vma v, ref ulong state, out int pages, out int pagemap);

    /// <summary>Pages are about to change; see <see cref="CpuSubscription.Invalidate"/>.</summary>
    public abstract bool Invalidate(UserptrNotifier notifier, in CpuChange change);

    /// <summary>Copies in flight of a migration have pages of a userptr: to collect it has to wait for their end.</summary>
    public abstract bool IsHeldUp(in Vma v, out Fence ended);

    /// <summary>Does for changes of other threads what they wait for, inside the VM, in the middle of a call in which nothing is staged:
    /// the caller is about to wait for such a change himself.</summary>
    public abstract void CarryOutChanges();

    /// <summary>The same for who is inside the VM, in no call, and is about to wait for another VM.</summary>
    public abstract void CarryOutBetweenCalls();
}
