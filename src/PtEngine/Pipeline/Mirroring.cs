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

    /// <summary>The VM ends: changes of the CPU's pages touch no tables from now on (SVM-190).</summary>
    public abstract void Close();

    /// <summary>Removes all ranges and notifiers, when tables and TLBs lead nowhere any more (SVM-190).</summary>
    public abstract void End();
}
