using XePt.Calls;
using XePt.Memory;

namespace XePt.Pipeline;

/// <summary>Why something could not be given memory.</summary>
internal enum PlacementFault
{
    /// <summary>It is where it has to be, or the call starts again.</summary>
    None,

    /// <summary>There is no room (-ENOMEM).</summary>
    NoRoom,

    /// <summary>It would not fit even if nothing else were there (-E2BIG, BIND-034a).</summary>
    TooLarge,

    /// <summary>It has to move and a fault-mode VM uses it (-EBUSY, EVT-003).</summary>
    Busy,
}

/// <summary>Gives BOs memory. What the bind road needs of memory management, which knows of all VMs; only asked when a BO has to be placed
/// or moved.</summary>
/// <remarks>Each answer is done; start again, because something has to move and another thread is in a VM that must be entered, too
/// (BIND-194); or refused: then the fault says what was in the way, and who has asked tells the call what that means to
/// it.</remarks>
internal abstract class Residency
{
    /// <summary>Makes a BO resident in one of its placements, evicting others if need be (BIND-039, BIND-196). The caller is inside the
    /// VM.</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="bo">The BO.</param>
    /// <param name="mayEvictOwn">BOs that this VM maps may be evicted (BIND-021); those of the running call never are (EVT-010).</param>
    /// <param name="fault">Why it was refused.</param>
    public abstract Outcome MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn, out PlacementFault fault);

    /// <summary>Moves a BO into one of its placements (BIND-197).</summary>
    public abstract Outcome Migrate(VmContext vm, BufferObject bo, int region, bool mayEvictOwn, out PlacementFault fault);

    /// <summary>Notes that a job is about to use the VM: what was used when decides who is driven out.</summary>
    public abstract void NoteExec(VmContext vm);

    /// <summary>Brings a VM up to date, so that its entries lead to its own memory, from inside it, in a call that has begun.</summary>
    public abstract Outcome Revalidate(VmContext vm);

    /// <summary>Takes a contiguous piece of device memory for pages of a process, as large as it is aligned, evicting others if need be
    /// (HST-020). The caller is inside the VM.</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="block">What will be in it; from now on it may have to leave for others.</param>
    /// <param name="region">The region of device memory.</param>
    /// <param name="memory">Receives the piece.</param>
    public abstract Outcome TakeBlock(VmContext vm, IMovable block, int region, ref BlockList memory);

    /// <summary>Gives such a piece back.</summary>
    public abstract void ReturnBlock(IMovable block, int region, ref BlockList memory);
}
