using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// VM_CREATE and VM_DESTROY (specification 02 section 3).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_VM_CREATE (BIND-005 to BIND-008): a VM with empty tables on every tile.</summary>
    /// <param name="args">In: flags. Out: <c>vm_id</c>, and the scratch flag where the platform forces it, also on failure
    /// (BIND-006).</param>
    /// <returns>Ok; -EINVAL; -ENOMEM when the tables could not be made; or -EBUSY when no address-space id is free (FLT-039).</returns>
    public Errno VmCreate(ref DrmXeVmCreate args) => VmCreate(ref args, out _);

    private Errno VmCreate(ref DrmXeVmCreate args, out XeVm? vm)
    {
        using CallScope scope = BeginIoctl(XeIoctl.VmCreate);
        WriterGate.ThrowIfInside();
        Rejection why = _ownVms.Create(ref args, out vm);
        Errno error = Finish(why);
        ThrowIfClosed();
        return error;
    }

    /// <summary>DRM_IOCTL_XE_VM_DESTROY (BIND-009). The id is gone at once; tables and memory are given back when nothing of the VM is in
    /// flight.</summary>
    /// <returns>Ok, -EINVAL, -ENOENT for an unknown id, or -EBUSY while a preempt-fence VM has engine queues (BIND-010).</returns>
    public Errno VmDestroy(in DrmXeVmDestroy args)
    {
        using CallScope scope = BeginIoctl(XeIoctl.VmDestroy);
        Rejection why = VmDestroyChecks.Validate(args);
        if (!why.IsRejected)
            why = _vms.Find(args.VmId) is { } vm ? _ownVms.Close(vm, isForced: false) : Refusals.VmDestroyUnknownVm(args.VmId);
        return Finish(why);
    }
}
