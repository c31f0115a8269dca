using XePt.Calls;
using XePt.Devices;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Madvise;

/// <summary>MADVISE as an operation on its VM.</summary>
internal readonly struct AdviceOperation(Advice advice) : IVmOperation
{
    /// <summary>Checks a call whose VM has been found, and follows it; from inside no VM.</summary>
    /// <param name="vms">All VMs of the device.</param>
    /// <param name="vm">The VM.</param>
    /// <param name="args">The call.</param>
    /// <param name="target">What a device file in it names; looked at in its turn.</param>
    /// <param name="done">Signals when entries that have to go are gone and TLBs flushed.</param>
    /// <returns>Not rejected, or why it was refused.</returns>
    public static Rejection Run(AllVms vms, VmContext vm, in DrmXeMadvise args, in AdviceTarget target, out Fence done)
    {
        done = Fence.Signalled;
        PlatformInfo platform = vm.Facts.Platform;
        Rejection why = MadviseChecks.Validate(args, new MadviseCheckContext { Pat = platform.Pat.Entries.AsSpan() });
        if (why.IsRejected)
            return why;

        ulong start = args.Start & (platform.VmSize - 1);
        var operation = new AdviceOperation(new Advice(args, start, start + args.Range, target));
        CallAnswer answer = VmEntry.Ask(vms, vm, ref operation);
        done = answer.Done;
        return answer.Why;
    }

    public bool BeginsCall(VmContext vm) => true;

    public Outcome Run(VmContext vm) => MemoryAdvice.Run(vm, advice);
}
