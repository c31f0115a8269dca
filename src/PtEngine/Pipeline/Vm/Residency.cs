using XePt.Calls;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>Gives BOs memory. What the bind road needs of memory management, which knows of all VMs; only asked when a BO has to be placed
/// or moved.</summary>
/// <remarks>Each answer is done; start again, because something has to move and another thread is in a VM that must be entered, too
/// (BIND-194); or refused.</remarks>
internal abstract class Residency
{
    /// <summary>Makes a BO resident in one of its placements, evicting others if need be (BIND-039, BIND-196). The caller is inside the
    /// VM.</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="bo">The BO.</param>
    /// <param name="mayEvictOwn">BOs that this VM maps may be evicted (BIND-021); those of the running call never are (EVT-010).</param>
    /// <param name="va">Where it is mapped, for the reason when it is refused: -ENOMEM; -E2BIG when it would not fit even if nothing else
    /// were there (BIND-034a); -EBUSY when it has to move and a fault-mode VM uses it (EVT-003).</param>
    public abstract Outcome MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn, ulong va);

    /// <summary>Moves a BO into one of its placements (BIND-197).</summary>
    public abstract Outcome Migrate(VmContext vm, BufferObject bo, int region, bool mayEvictOwn, ulong va);

    /// <summary>Notes that a job is about to use the VM: what was used when decides who is driven out.</summary>
    public abstract void NoteExec(VmContext vm);

    /// <summary>Brings a VM up to date, so that its entries lead to its own memory, from inside it, in a call that has begun.</summary>
    public abstract Outcome Revalidate(VmContext vm);

    /// <summary>Takes a contiguous piece of device memory for pages of a process, as large as it is aligned, evicting others if need be
    /// (HST-020). The caller is inside the VM. Refused without a reason: pages that find no room stay where they are. A VM of
    /// another device does not start again: where somebody is inside a VM that must be entered there is no room.</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="block">What will be in it; from now on it may have to leave for others.</param>
    /// <param name="region">The region of device memory.</param>
    /// <param name="memory">Receives the piece.</param>
    public abstract Outcome TakeBlock(VmContext vm, IMovable block, int region, ref BlockList memory);

    /// <summary>Gives such a piece back.</summary>
    public abstract void ReturnBlock(IMovable block, int region, ref BlockList memory);
}
