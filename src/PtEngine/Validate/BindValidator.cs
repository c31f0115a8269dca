using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Calls;
using XePt.Gpuva;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Formats;

namespace XePt.Validate;

/// <summary>Stage 1 of the bind road: the phases of specification 02 section 6, in the reference's order. Nothing of the VM changes; the
/// requests of the call are then ready for the road.</summary>
internal static unsafe class BindValidator
{
    /// <summary>Phases 2 and 3: what is looked at before the driver waits for the VM.</summary>
    /// <param name="call">The call.</param>
    /// <param name="checks">What argument checks know about the VM.</param>
    /// <param name="bind">The call's arguments.</param>
    /// <param name="outside">Not 0 when an interval will be refused in phase 7.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Check<TShape>(BindCall call, in BindCheckContext checks, in BindArguments bind, out int outside)
        where TShape : struct, ICallShape
    {
        outside = 0;
        int row = VmBindChecks.FirstFailure(bind.Args, checks);
        if (row != 0)
            return Refuse(call, row, bind.Args, checks);
        if (!TShape.IsPlain && (uint)bind.Ops.Length < bind.Args.NumBinds)
            return RefuseVector(call, bind);

        ref readonly DrmXeVmBindOp first = ref MemoryMarshal.GetReference(bind.Ops);
        for (int i = 0; TShape.IsSingle || i < bind.Ops.Length; i++)
        {
            // SAFETY: i is below the length of the array; a single call has one op.
            ref readonly DrmXeVmBindOp op = ref Unsafe.Add(ref Unsafe.AsRef(in first), i);
            row = VmBindOpChecks.FirstFailure(op, checks);
            if (row != 0)
                return Refuse(call, &VmBindOpChecks.Refuse, row, op, checks, IndexOf(op, bind.Ops));
            outside |= VmBindRangeChecks.FirstFailure(op, checks);
            if (TShape.IsSingle)
                break;
        }

        return !TShape.IsPlain && bind.QueueFault != BindQueueFault.None
            ? RefuseQueue(call, bind.QueueFault, bind.Args.ExecQueueId) : Outcome.Done;
    }

    /// <summary>The other phases.</summary>
    /// <param name="call">The call.</param>
    /// <param name="vm">What never changes about the VM.</param>
    /// <param name="owner">The VM as BOs that are private to it name it.</param>
    /// <param name="checks">What argument checks know about the VM.</param>
    /// <param name="bind">The call's arguments.</param>
    /// <param name="isClosed">The VM takes no binds any more (BIND-014, BIND-015).</param>
    /// <param name="outside">What <see cref="Check"/> has found.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Outcome Resolve<TShape>(
        BindCall call, VmFacts vm, object owner, in BindCheckContext checks, in BindArguments bind, bool isClosed, int outside)
        where TShape : struct, ICallShape
    {
        if (isClosed)
            return call.Refuse(&Refusals.VmBindClosedVm, bind.Args.VmId);

        if (outside != 0)
            return RefuseInterval(call, checks, bind.Ops);
        // Phases 8 and 9: BO handles to BOs, checked (specification 02 section 6.3). Each request holds a reference of its BO, for the
        // handle may be closed on another thread before the VMA has one.
        ReadOnlySpan<DrmXeVmBindOp> ops = bind.Ops;
        BindClient client = bind.Client;
        if (!call.Requests.TryReserve(ops.Length))
            return call.Refuse(ops.Length > 1 ? &Refusals.VmBindVectorIsTooLarge : &Refusals.VmBindNoWorkArrays, (ulong)ops.Length);

        ref readonly DrmXeVmBindOp first = ref MemoryMarshal.GetReference(ops);
        for (int i = 0; TShape.IsSingle || i < ops.Length; i++)
        {
            // SAFETY: i is below the length of the array; a single call has one op.
            ref readonly DrmXeVmBindOp op = ref Unsafe.Add(ref Unsafe.AsRef(in first), i);
            ref BindRequest request = ref call.Requests.AppendReserved();
            request.Given = op;
            request.Flags = TShape.IsPlain ? 0 : VmBindFlagsTable.Normalize((uint)op.Flags, client.Profile);
            request.Bo = 0;
            request.HoldsBo = false;
            Outcome outcome = op.Obj == 0 ? Outcome.Done : ResolveBo(call, vm, owner, client, ref request);
            if (TShape.IsSingle || outcome != Outcome.Done)
                return outcome;
        }

        if (bind.Queue is not null)
            call.Queue = bind.Queue;
        return bind.Args.NumSyncs == 0 ? Outcome.Done : SyncParser.Parse(call, bind, vm.IsLongRunning);
    }

    /// <summary>Phase 3: the queue.</summary>
    private static Outcome RefuseQueue(BindCall call, BindQueueFault fault, uint id) => fault switch
    {
        BindQueueFault.Unknown => call.Refuse(&Refusals.VmBindUnknownQueue, id),
        BindQueueFault.NotABindQueue => call.Refuse(&Refusals.VmBindNotABindQueue, id),
        _ => call.Refuse(&Refusals.VmBindQueueOfOtherVm, id),
    };

    /// <summary>Phase 7: the intervals against the size of the VM (BIND-047).</summary>
    private static Outcome RefuseInterval(BindCall call, in BindCheckContext checks, ReadOnlySpan<DrmXeVmBindOp> ops)
    {
        foreach (ref readonly DrmXeVmBindOp op in ops)
        {
            int row = VmBindRangeChecks.FirstFailure(op, checks);
            if (row != 0)
                return Refuse(call, &VmBindRangeChecks.Refuse, row, op, checks, IndexOf(op, ops));
        }

        throw new UnreachableException();
    }

    /// <summary>The last request gets its BO.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome ResolveBo(
        BindCall call, VmFacts vm, object owner, BindClient client, ref BindRequest request)
    {
        int index = call.Requests.Count - 1;
        if (client.Bos.Find(request.Given.Obj) is not { } bo || !bo.TryAddReference())
            return call.Refuse(&Refusals.VmBindUnknownBo, request.Given.Obj, index);

        request.Bo = bo.Slot;
        request.HoldsBo = true;
        call.HeldBos++;
        int row = VmBindBoChecks.FirstFailure(request.Given, ContextOf(vm, owner, client.Profile, request.Given.PatIndex, bo));
        return row == 0 ? Outcome.Done : RefuseBo(call, vm, owner, client.Profile, row, bo);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static BindBoCheckContext ContextOf(VmFacts vm, object owner, XeProfile profile, ushort patIndex, BufferObject bo) =>
        new()
        {
            Pat = vm.Platform.Pat.Entries[patIndex],
            Size = bo.Size,
            CpuCaching = (CpuCaching)bo.CpuCaching,
            Profile = profile,
            Is64KInternal = bo.Is64KInternal,
            VmNeeds64K = vm.VramNeeds64K,
            NoCompression = bo.NoCompression,
            IsForeignPrivate = bo.PrivateTo is not null && !ReferenceEquals(bo.PrivateTo, owner),
            IsProtected = bo.IsProtected,
            KeyStale = bo.IsKeyStale,
        };

    // Reasons are made apart from the road, which then carries no room for them.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome RefuseVector(BindCall call, in BindArguments bind) =>
        call.Refuse(bind.Args.RefuseVectorOfBinds(bind.Ops.Length));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Refuse(BindCall call, int row, in DrmXeVmBind args, in BindCheckContext checks) =>
        call.Refuse(VmBindChecks.Refuse(row, args, checks));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Refuse(
        BindCall call, delegate*<int, in DrmXeVmBindOp, in BindCheckContext, Rejection> why, int row, in DrmXeVmBindOp op,
        in BindCheckContext checks, int index) =>
        call.Refuse(why(row, op, checks), index);

    /// <summary>The last request is refused for its BO.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome RefuseBo(BindCall call, VmFacts vm, object owner, XeProfile profile, int row, BufferObject bo)
    {
        int index = call.Requests.Count - 1;
        DrmXeVmBindOp op = call.Requests[index].Given;
        return call.Refuse(VmBindBoChecks.Refuse(row, op, ContextOf(vm, owner, profile, op.PatIndex, bo)), index);
    }

    private static int IndexOf(in DrmXeVmBindOp op, ReadOnlySpan<DrmXeVmBindOp> ops) =>
        (int)(Unsafe.ByteOffset(in ops[0], in op) / Unsafe.SizeOf<DrmXeVmBindOp>());
}
