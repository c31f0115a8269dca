using XePt.Calls;
using XePt.Gpuva;

namespace XePt.Pipeline;

/// <summary>What the road of binds needs of the mirrors of a VM, which know of the process behind it; null for VMs that cannot have
/// any.</summary>
internal abstract class Mirroring
{
    /// <summary>The worker of the garbage collector has something to do.</summary>
    public abstract bool HasGarbage { get; }

    /// <summary>Does it, inside the VM, in a call that has begun (SVM-160). What goes wrong with it bans the VM.</summary>
    public abstract void CollectGarbage();

    /// <summary>A prefetch of the running call has found ranges.</summary>
    public abstract bool HasPrefetch { get; }

    /// <summary>Finds or makes the ranges of a PREFETCH (specification 04 chapter 11); those that are there and where they are wanted are
    /// left out.</summary>
    /// <param name="firstOp">The first of its GPUVA ops; it has all that follow.</param>
    /// <param name="request">The bind op.</param>
    /// <returns>Done or refused (PFT-008).</returns>
    public abstract Outcome AddPrefetch(int firstOp, in BindRequest request);

    /// <summary>Moves and collects the memory of those ranges. Nothing is staged.</summary>
    /// <param name="others">Whether other ops of the call stage something.</param>
    /// <returns>Done: they are bound with the other ops; nothing to submit: not in this call (<see cref="PutOff"/>); refused; or start
    /// again.</returns>
    public abstract Outcome Populate(Outcome others);

    /// <summary>Stages the binds of those ranges, after the other ops (PFT-012).</summary>
    public abstract Outcome StagePrefetch();

    /// <summary>Looks a last time whether their pages are those of now, and submits everything that is staged.</summary>
    /// <returns>Done; or refused, with -EAGAIN when pages have changed: then the caller takes back what is staged.</returns>
    public abstract Outcome SubmitPrefetch();

    /// <summary>The other ops have gone without those ranges, which are bound later if their memory is where it was wanted.</summary>
    /// <param name="others">What became of the other ops; none is refused.</param>
    /// <returns>Done when something is bound later: then the call has a fence, too.</returns>
    public abstract Outcome PutOff(Outcome others);

    /// <summary>The VM ends: changes of the CPU's pages touch no tables from now on (SVM-190).</summary>
    public abstract void Close();

    /// <summary>Removes all ranges and notifiers, when tables and TLBs lead nowhere any more (SVM-190).</summary>
    public abstract void End();
}
