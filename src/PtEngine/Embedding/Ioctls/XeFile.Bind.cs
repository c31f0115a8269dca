using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// VM_BIND (specification 02 section 6).
public sealed partial class XeFile
{
    /// <summary>DRM_IOCTL_XE_VM_BIND with its user arrays already at hand.</summary>
    /// <param name="args">The call; its pointers are not followed.</param>
    /// <param name="binds">The ops; fewer than <c>num_binds</c> means the array could not be read (-EFAULT). A single op may also be the
    /// inline one.</param>
    /// <param name="syncs">The sync entries, likewise.</param>
    /// <returns>Ok or the driver's errno; after an errno nothing has changed, with the one exception of BIND-212.</returns>
    /// <exception cref="ArgumentException">An array is longer than its count says. <see cref="VmBind(uint, ReadOnlySpan{DrmXeVmBindOp})"/>
    /// takes the counts from the arrays.</exception>
    public Errno VmBind(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds = default, ReadOnlySpan<DrmXeSync> syncs = default) =>
        VmBind(args, binds, syncs, out _);

    /// <summary>VM_BIND, with the fence of this very call: what an out-sync would get.</summary>
    /// <param name="args">As for the other form.</param>
    /// <param name="binds">As there.</param>
    /// <param name="syncs">As there.</param>
    /// <param name="done">Signals when the bind is complete: entries written, TLBs flushed. The stub when nothing of it is pending.</param>
    /// <returns>As there.</returns>
    /// <exception cref="ArgumentException">As there.</exception>
    public Errno VmBind(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, out Fence done) =>
        IsBindWatched ? BindWatched(args, binds, syncs, out done) : Bind(args, binds, syncs, out done);

    // Apart, so that the arguments of a call that nobody watches need not be kept over the call that begins it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Errno BindWatched(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, out Fence done)
    {
        using CallScope scope = BeginWatched(XeIoctl.VmBind);
        return Bind(args, binds, syncs, out done);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno Bind(in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds, ReadOnlySpan<DrmXeSync> syncs, out Fence done)
    {
        args.RequireAllOfVectorOfBinds(binds.Length, nameof(binds));
        args.RequireAllOfSyncs(syncs.Length, nameof(syncs));
        done = Fence.Signalled;
        if (_vms.Find(args.VmId) is not { } vm)
            return RefuseBind(Refusals.VmBindUnknownVm(args.VmId));

        scoped BindOperation operation = default;
        operation.Bind.Client = _client;
        operation.Bind.Args = ref args;
        // SAFETY: args outlives the call, and so does its inline op.
        operation.Bind.Ops = args.NumBinds <= 1 && binds.IsEmpty
            ? MemoryMarshal.CreateReadOnlySpan(in args.Bind, (int)args.NumBinds)
            : binds[..(int)Math.Min(args.NumBinds, (uint)binds.Length)];
        operation.Bind.Syncs = syncs;
        operation.File = this;
        operation.Done = ref done;
        if (args.ExecQueueId != 0)
            operation.Bind.QueueFault = FindBindQueue(vm.Context, args.ExecQueueId, out operation.Bind.Queue);
        VmEntry.Run(Device.Residency.Vms, vm.Context, ref operation);
        return operation.Error == Errno.Ok ? AcceptBind() : operation.Error;
    }

    /// <summary>The queue the call runs on (BIND-043, BIND-106, BIND-107).</summary>
    private BindQueueFault FindBindQueue(VmContext vm, uint id, out BindQueue? binds)
    {
        binds = null;
        if (FindQueue(id) is not { } queue)
            return BindQueueFault.Unknown;
        if (queue.Binds is not { } found)
            return BindQueueFault.NotABindQueue;
        if (!ReferenceEquals(queue.Vm, vm) && Device.Options.Profile == XeProfile.Final)
            return BindQueueFault.OfOtherVm;

        binds = found;
        return BindQueueFault.None;
    }

    /// <summary>VM_BIND as an operation on its VM.</summary>
    private ref struct BindOperation : IVmOperation
    {
        public BindArguments Bind;

        /// <summary>The client, who is told why it is refused.</summary>
        public XeFile File;

        /// <summary>Signals when the bind is complete; the stub beforehand.</summary>
        public ref Fence Done;

        /// <summary>What the client gets.</summary>
        public Errno Error;

        public readonly bool BeginsCall(VmContext vm) => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Outcome Run(VmContext vm)
        {
            Outcome outcome = BindPipeline.Execute(vm, Bind);
            if (outcome == Outcome.Refused)
                Refuse(vm.Call);
            else if (vm.Call.Done.Seqno != 0)
                Done = vm.Call.Done;
            return outcome;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private void Refuse(BindCall call) => Error = File.RefuseBind(OtherVm.Name(File, call.Why));
    }
}
