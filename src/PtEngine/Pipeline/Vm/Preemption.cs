using XePt.Fences;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>The preempt fences of a VM in preempt-fence mode: one per engine queue, on the VM's reservation and on those of its external
/// BOs.</summary>
internal abstract class Preemption
{
    /// <summary>A new queue without jobs gets its preempt fence (BIND-104). The caller is inside the VM.</summary>
    public abstract void Add(IPreemptibleQueue queue);

    /// <summary>The queue was killed. The caller is inside the VM.</summary>
    public abstract void Remove(IPreemptibleQueue queue);

    /// <summary>An external BO gets its first mapping: every queue's preempt fence goes to its reservation (BIND-020). The caller is inside
    /// the VM.</summary>
    public abstract void InstallOn(Reservation bo);

    /// <summary>A job was submitted: a worker that had nothing to do it for goes on (BIND-265). The caller is in no VM.</summary>
    public abstract void AfterExec();

    /// <summary>Ends all queues, because the VM is banned (BIND-015). Any thread; the queues are called when it is in no VM any
    /// more.</summary>
    public abstract void Kill(Errno error);
}
