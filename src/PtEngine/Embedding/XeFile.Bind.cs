using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Commit;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// VM_BIND (specification 02 section 6).
public sealed partial class XeFile
{
    private BindClient? _client;

    private BindClient Client => _client ??= new BindClient(_bos, _syncObjects, _clientMemory, Device.Options.Profile, Device.Faults);

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

        // SAFETY: args outlives the call, and so does its inline op.
        ReadOnlySpan<DrmXeVmBindOp> ops = args.NumBinds <= 1
            ? MemoryMarshal.CreateReadOnlySpan(in args.Bind, (int)args.NumBinds)
            : binds[..(int)Math.Min(args.NumBinds, (uint)binds.Length)];
        BindQueue? queue = null;
        Rejection why = args.ExecQueueId == 0 ? default : FindBindQueue(vm.Context, args.ExecQueueId, out queue);
        var operation = new BindOperation(new BindArguments(Client, in args, ops, syncs, queue, why), ref done);
        if (VmEntry.Run(Device.Residency.Vms, vm.Context, ref operation) != Outcome.Refused)
            return Accept();
        return Refuse(operation.Why);
    }

    /// <summary>Phase 3: the queue the call runs on (BIND-043, BIND-106, BIND-107).</summary>
    private Rejection FindBindQueue(VmContext vm, uint id, out BindQueue? binds)
    {
        binds = null;
        if (FindQueue(id) is not { } queue)
            return Refusals.VmBindUnknownQueue(id);
        if (queue.Binds is not { } found)
            return Refusals.VmBindNotABindQueue(id);
        if (!ReferenceEquals(queue.Vm, vm) && Device.Options.Profile == XeProfile.Final)
            return Refusals.VmBindQueueOfOtherVm(id);

        binds = found;
        return default;
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

    /// <summary>VM_BIND as an operation on its VM.</summary>
    private ref struct BindOperation(BindArguments bind, ref Fence done) : IVmOperation
    {
        private readonly BindArguments _bind = bind;
        private readonly ref Fence _done = ref done;

        /// <summary>Why it was refused.</summary>
        public Rejection Why { get; private set; }

        public readonly bool BeginsCall(VmContext vm) => true;

        public Outcome Run(VmContext vm)
        {
            Outcome outcome = BindPipeline.Execute(vm, _bind);
            if (outcome == Outcome.Done)
                _done = vm.Call.Done;
            else if (outcome == Outcome.Refused)
                Why = vm.Call.Why;
            return outcome;
        }
    }
}
