using XePt.Memory;
using XePt.Uapi;

namespace XePt.Pipeline;

/// <summary>Gives BOs memory. What the bind road needs of memory management, which knows of all VMs; only asked when a BO has to be placed or moved.</summary>
internal abstract class Residency
{
    /// <summary>The call met another thread in a VM that it must enter too: it takes everything back, leaves its VM and starts again inside all VMs
    /// (BIND-194). Never leaves the engine.</summary>
    public const Errno Restart = Errno.EDEADLK;

    /// <summary>Makes a BO resident in one of its placements, evicting others if need be (BIND-039, BIND-196). The caller is inside the VM.</summary>
    /// <param name="vm">The VM on whose behalf.</param>
    /// <param name="bo">The BO.</param>
    /// <param name="mayEvictOwn">BOs that this VM maps may be evicted (BIND-021); those of the running request never are (EVT-010).</param>
    /// <returns>Ok; -ENOMEM; -E2BIG (BIND-034a); -EBUSY (EVT-003); or <see cref="Restart"/>.</returns>
    public abstract Errno MakeResident(VmContext vm, BufferObject bo, bool mayEvictOwn);

    /// <summary>Moves a BO into one of its placements (BIND-197).</summary>
    /// <returns>As <see cref="MakeResident"/>.</returns>
    public abstract Errno Migrate(VmContext vm, BufferObject bo, int region, bool mayEvictOwn);
}
