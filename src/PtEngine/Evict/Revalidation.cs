using XePt.Calls;
using XePt.Fences;
using XePt.Pipeline;

namespace XePt.Evict;

/// <summary>Brings a VM that is not in fault mode up to date, as a call of its own (BIND-264, BIND-265, BIND-268).</summary>
/// <param name="residency">The device's.</param>
internal readonly struct Revalidation(BoResidency residency) : IVmOperation
{
    /// <summary>Receives the KERNEL fences of the VM, those of the rebind among them; null when nobody asks.</summary>
    public FenceSet? Kernel { get; init; }

    public bool BeginsCall(VmContext vm) => !vm.IsUpToDate;

    public Outcome Run(VmContext vm)
    {
        Outcome outcome = residency.Revalidate(vm);
        Kernel?.Clear();
        if (Kernel is not null)
            vm.Jobs.Reservation.Collect(FenceUsage.Kernel, Kernel);
        return outcome;
    }
}
