using System.Runtime.InteropServices;
using XePt.Evict;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Validate;

namespace XePt;

// VM_BIND (specification 02 section 6): validation in the reference's phases, then the bind road.
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_VM_BIND with its user arrays already at hand.</summary>
    /// <param name="args">The call; its pointers are not followed. With <c>num_binds</c> 1 the op is the inline one.</param>
    /// <param name="binds">The ops of an array call; fewer than <c>num_binds</c> means the array could not be read (-EFAULT).</param>
    /// <param name="syncs">The sync entries, likewise.</param>
    /// <returns>Ok or the driver's errno; after an errno nothing has changed, with the one exception of BIND-212.</returns>
    public Errno VmBind(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds = default, ReadOnlySpan<DrmXeSync> syncs = default) =>
        VmBind(args, binds, syncs, out _);

    /// <summary>VM_BIND, with the fence of this very call: what an out-sync would get.</summary>
    /// <param name="args">As for the other form.</param>
    /// <param name="binds">As there.</param>
    /// <param name="syncs">As there.</param>
    /// <param name="done">Signals when the bind is complete: entries written, TLBs flushed. The stub when nothing of it is pending.</param>
    /// <returns>As there.</returns>
    public Errno VmBind(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, out Fence done)
    {
        ThrowIfClosed();
        done = Fence.Signalled;
        if (_vms.Find(args.VmId) is not { } vm)
            return Refuse(Refusals.VmBindUnknownVm(args.VmId));

        VmContext context = vm.Context;
        Errno error;
        using (context.EnterIoctl())
            error = VmBind(context, args, binds, syncs, ref done);
        if (error != Residency.Restart)
            return error;

        // Memory had to move and another thread was in a VM: once more, from the start, inside all of them (BIND-194).
        using AllVms.Stay stay = Device.Residency.Vms.Enter(with: context);
        return VmBind(context, args, binds, syncs, ref done);
    }

    private Errno VmBind(
        VmContext context, in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, ref Fence done)
    {
        if (!context.IsClosed)
            context.Forget();
        // SAFETY: args outlives the call, and so does its inline op.
        ReadOnlySpan<DrmXeVmBindOp> ops = args.NumBinds <= 1
            ? MemoryMarshal.CreateReadOnlySpan(in args.Bind, (int)args.NumBinds)
            : binds[..(int)Math.Min(args.NumBinds, (uint)binds.Length)];
        try
        {
            Rejection why = Validate(context, args, ops);
            if (!why.IsRejected)
                why = ParseSyncs(context, args, syncs);
            Errno error = why.IsRejected ? Refuse(why) : Submit(context, ops.Length);
            if (error == Errno.Ok)
                done = context.Done;
            return error;
        }
        finally
        {
            context.EndCall();
        }
    }

    private Rejection Validate(VmContext vm, in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds)
    {
        ref readonly BindCheckContext checks = ref vm.Checks;
        Rejection why = BindValidator.CheckArguments(checks, args, binds);
        if (!why.IsRejected)
            why = FindBindQueue(vm, args.ExecQueueId);
        if (!why.IsRejected && (vm.IsBanned || vm.IsClosed))
            why = Refusals.VmBindClosedVm(args.VmId);
        if (!why.IsRejected)
            why = BindValidator.CheckIntervals(checks, binds);
        return why.IsRejected ? why : BindValidator.Resolve(_bos, vm, Device.Options.Profile, binds);
    }

    /// <summary>Phase 3: the queue the request runs on, the VM's own for id 0 (BIND-043, BIND-106, BIND-107).</summary>
    private Rejection FindBindQueue(VmContext vm, uint id)
    {
        vm.Queue = vm.Jobs.DefaultQueue;
        if (id == 0)
            return default;
        if (FindQueue(id) is not { } queue)
            return Refusals.VmBindUnknownQueue(id);
        if (queue.Binds is not { } binds)
            return Refusals.VmBindNotABindQueue(id);
        if (!ReferenceEquals(queue.Vm, vm) && Device.Options.Profile == XeProfile.Final)
            return Refusals.VmBindQueueOfOtherVm(id);

        vm.Queue = binds;
        return default;
    }

    private Errno Submit(VmContext vm, int binds)
    {
        Errno error = binds == 0 ? Errno.ENODATA : BindPipeline.Execute(vm);
        Rejection why = vm.Why;
        if (error == Errno.Ok)
            SignalSyncs(vm, vm.Done);
        else if (error == Errno.ENODATA)
            why = SignalSyncsWithoutFence(vm);

        if (error == Residency.Restart)
        {
            // The syncs will be parsed again (BIND-128).
            vm.Queue.UserFenceCounter -= (ulong)vm.Syncs.Count;
            return error;
        }

        return error is not (Errno.Ok or Errno.ENODATA) || why.IsRejected ? Refuse(why) : Accept();
    }

    private BindCheckContext CheckContextOf(VmFacts facts) => new()
    {
        Pat = Device.Platform.Pat.Entries,
        MemoryRegionMask = Device.Platform.MemoryRegionMask,
        VmSize = Device.Platform.VmSize,
        Mode = facts.Mode,
        Profile = Device.Options.Profile,
        SvmPresent = Device.Options.SvmPresent,
        UserptrPresent = Device.Options.UserptrPresent,
        DebugBuild = Device.Options.DebugBuild,
    };
}
