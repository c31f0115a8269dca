using XePt.Diagnostics;
using XePt.Evict;
using XePt.Fences;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Svm;
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
    public Errno VmCreate(ref DrmXeVmCreate args) => VmCreateCore(ref args, out _);

    private Errno VmCreateCore(ref DrmXeVmCreate args, out XeVm? vm)
    {
        BeginIoctl(XeIoctl.VmCreate);
        WriterGate.ThrowIfInside();
        ObjectDisposedException.ThrowIf(!Device.TryBeginVm(), Device);
        Errno error = MakeVm(ref args, out vm);
        if (vm is null)
            Device.VmIsGone();
        else if (vm.Id == 0)
            Close(vm, isForced: true);
        ThrowIfClosed();
        return error;
    }

    private Errno MakeVm(ref DrmXeVmCreate args, out XeVm? vm)
    {
        vm = null;
        if (args.Extensions == 0 && Device.Platform.ForcesScratch)
            args.Flags |= VmCreateFlags.ScratchPage;
        Rejection why = VmCreateChecks.Validate(args, DeviceFacts);
        if (why.IsRejected)
            return Refuse(why);

        var facts = new VmFacts(
            Device.Platform,
            (args.Flags & VmCreateFlags.LrMode) != 0,
            (args.Flags & VmCreateFlags.FaultMode) != 0,
            (args.Flags & VmCreateFlags.ScratchPage) != 0);
        if (!Device.Tlb.TryOpen(out TlbVm name))
            return Refuse(Refusals.VmCreateNoAsid((ulong)args.Flags));

        var gate = new AllocationGate(Device.Failures);
        var later = new LaterList(new WriterGate());
        if (!TryCreateTables(facts, gate, later, out TileTables[] tables))
        {
            Device.Tlb.Close(name);
            return Refuse(Refusals.VmCreateNoMemory((ulong)args.Flags));
        }

        var context = new VmContext(
            facts, Device.Options.Profile, Device.Encoding, later, tables, Device.Memory, Cpu, Device.Failures, Device.Watch, gate,
            Device.NewVmHost(name, _clientMemory));
        context.UserFenceJobs.Written = Device.UserFenceWritten;
        context.Checks = CheckContextOf(facts);
        if (facts.Mode == VmMode.PreemptFence)
            context.Preemption = new RebindWorker(context, Device.Residency, Device.Scheduler);
        if (facts.IsFaultMode && _process is { } process)
            context.Mirrors = new MirrorSpace(
                context, process, Device.Mirrors, Device.Options.SvmNotifierBytes, Device.Scheduler, Device.Residency.Vms);
        Device.Residency.Vms.Add(context);
        Device.Faults.Add(context);
        _reaching.Add(context);
        AttachProcess(context);
        if (Device.Watch.IsTraced)
            VmEvents.Create(context);
        XeVm? made = null;
        args.VmId = _vms.Add(id => made = new XeVm(this, id, context));
        // Without an id when the file has been closed meanwhile.
        vm = made ?? new XeVm(this, id: 0, context);
        return Accept();
    }

    /// <summary>DRM_IOCTL_XE_VM_DESTROY (BIND-009). The id is gone at once; tables and memory are given back when nothing of the VM is in
    /// flight.</summary>
    /// <returns>Ok, -EINVAL, -ENOENT for an unknown id, or -EBUSY while a preempt-fence VM has engine queues (BIND-010).</returns>
    public Errno VmDestroy(in DrmXeVmDestroy args)
    {
        BeginIoctl(XeIoctl.VmDestroy);
        Rejection why = VmDestroyChecks.Validate(args);
        if (why.IsRejected)
            return Refuse(why);
        if (_vms.Find(args.VmId) is not { } vm)
            return Refuse(Refusals.VmDestroyUnknownVm(args.VmId));
        why = Close(vm, isForced: false);
        return why.IsRejected ? Refuse(why) : Accept();
    }

    private bool TryCreateTables(VmFacts facts, AllocationGate gate, LaterList later, out TileTables[] tables)
    {
        tables = new TileTables[facts.Platform.TileCount];
        for (int tile = 0; tile < tables.Length; tile++)
        {
            Errno error = facts.HasScratch && Device.Failures.Fires(FailurePoint.ScratchCreate)
                ? Errno.ENOMEM
                : TileTables.Create(
                    Device.Tables[tile], gate, later, facts.Platform, Device.Encoding, facts.HasScratch, out tables[tile]!);
            if (error == Errno.Ok)
                continue;

            for (int made = tile - 1; made >= 0; made--)
                tables[made].Discard();
            return false;
        }

        return true;
    }
}
