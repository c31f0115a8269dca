using XePt.Madvise;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// MADVISE (specification 04 chapter 13).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_MADVISE: gives the VMAs of a range a preferred location, an atomic access or a PAT index.</summary>
    /// <param name="args">The call; a file in it is one of <see cref="Descriptors"/> (<see cref="XeDescriptors.Open(XeFile)"/>).</param>
    /// <returns>Ok; -EINVAL; -ENOENT for a closed or banned VM, an unknown file or region; -ENODEV, -ENOLINK (MADV-018); -EFAULT for the
    /// border of a userptr (MADV-035); -ENOMEM. After an errno no attribute has changed.</returns>
    public Errno Madvise(in DrmXeMadvise args) => Madvise(args, out _);

    /// <summary>MADVISE, with the fence of its effect.</summary>
    /// <param name="args">As for the other form.</param>
    /// <param name="done">Signals when entries that have to go are gone and TLBs flushed; the stub when that is so already. The driver
    /// waits inside the call for what is in flight; here who needs to waits for this.</param>
    /// <returns>As there.</returns>
    public Errno Madvise(in DrmXeMadvise args, out Fence done)
    {
        using CallScope scope = BeginIoctl(XeIoctl.Madvise);
        done = Fence.Signalled;
        if (Device.Options.Profile != XeProfile.Final)
            return UnknownRequest(XeIoctl.Madvise);
        if (_vms.Find(args.VmId) is not { } vm)
            return Finish(Refusals.MadviseUnknownVm(args.VmId));
        return Finish(AdviceOperation.Run(Device.Residency.Vms, vm.Context, args, AdviceTargets.Of(this, args), out done));
    }
}
