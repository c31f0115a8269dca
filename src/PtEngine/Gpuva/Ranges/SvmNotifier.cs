using XePt.Fences;
using XePt.Host;

namespace XePt.Gpuva;

/// <summary>A stretch <c>[From, To)</c> of CPU addresses whose changes a VM is told of, for as long as there are ranges in it (SVM-001,
/// SVM-003). Used again for another stretch.</summary>
internal sealed class SvmNotifier(SvmChangeHandler handler, int slot) : CpuSubscription
{
    /// <summary>Its number in the map.</summary>
    public int Slot { get; } = slot;

    public ulong From { get; set; }

    public ulong To { get; set; }

    /// <summary>Ranges in it.</summary>
    public int Ranges { get; set; }

    /// <inheritdoc/>
    public override bool Invalidate(in CpuChange change)
    {
        // The client's code runs, and what it throws leaves, when no GPU reaches the pages any more.
        using ThreadJobs.Step step = ThreadJobs.Own.BeginStep();
        return handler.Invalidate(this, change);
    }
}

/// <summary>Takes mappings away before the CPU's pages change (specification 04 section 6).</summary>
internal abstract class SvmChangeHandler
{
    /// <summary>Pages of a notifier are about to change; see <see cref="CpuSubscription.Invalidate"/>.</summary>
    public abstract bool Invalidate(SvmNotifier notifier, in CpuChange change);
}
