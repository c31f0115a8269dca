using XePt.Gpuva;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Formats;

namespace XePt.Validate;

/// <summary>Stage 1 of the bind road: the phases of specification 02 section 6 that run before anything changes.</summary>
internal static class BindValidator
{
    /// <summary>Phase 2: the arguments (specification 02 section 6.2).</summary>
    public static Rejection CheckArguments(in BindCheckContext context, in DrmXeVmBind args, ReadOnlySpan<DrmXeVmBindOp> binds)
    {
        Rejection why = VmBindChecks.Validate(args, context);
        if (!why.IsRejected && (uint)binds.Length < args.NumBinds)
            why = Refusals.VmBindVectorIsUnreadable(args.VectorOfBinds);
        for (int i = 0; i < binds.Length && !why.IsRejected; i++)
            why = Mark(VmBindOpChecks.Validate(binds[i], context), i);
        return why;
    }

    /// <summary>Phase 7: the intervals against the size of the VM (BIND-047).</summary>
    public static Rejection CheckIntervals(in BindCheckContext context, ReadOnlySpan<DrmXeVmBindOp> binds)
    {
        Rejection why = default;
        for (int i = 0; i < binds.Length && !why.IsRejected; i++)
            why = Mark(VmBindRangeChecks.Validate(binds[i], context), i);
        return why;
    }

    /// <summary>Phases 8 and 9: BO handles to BOs, checked (specification 02 section 6.3); the requests are then ready for the road. Each holds a reference of its BO,
    /// for the handle may be closed on another thread before the VMA has one (<see cref="VmContext.DropRequests"/>).</summary>
    /// <param name="handles">The BOs of the client.</param>
    public static Rejection Resolve(HandleTable<BufferObject> handles, VmContext vm, XeProfile profile, ReadOnlySpan<DrmXeVmBindOp> binds)
    {
        if (!vm.Requests.TryReserve(binds.Length))
            return binds.Length > 1 ? Refusals.VmBindVectorIsTooLarge((ulong)binds.Length) : Refusals.VmBindNoWorkArrays((ulong)binds.Length);

        for (int i = 0; i < binds.Length; i++)
        {
            ref readonly DrmXeVmBindOp op = ref binds[i];
            Rejection why = FindBo(handles, op, out BufferObject? bo);
            if (why.IsRejected)
                return Mark(why, i);
            vm.Requests.TryAdd(ToRequest(op, profile, bo?.Slot ?? 0));
            if (bo is not null)
                why = CheckBo(vm, profile, op, bo);
            if (why.IsRejected)
                return Mark(why, i);
        }

        return default;
    }

    private static Rejection FindBo(HandleTable<BufferObject> handles, in DrmXeVmBindOp op, out BufferObject? bo)
    {
        bo = op.Obj == 0 ? null : handles.Find(op.Obj);
        return op.Obj != 0 && (bo is null || !bo.TryAddReference()) ? Refusals.VmBindUnknownBo(op.Obj) : default;
    }

    private static Rejection CheckBo(VmContext vm, XeProfile profile, in DrmXeVmBindOp op, BufferObject bo)
    {
        PatEntry pat = vm.Facts.Platform.Pat.Entries[op.PatIndex];
        return VmBindBoChecks.Validate(op, new BindBoCheckContext
        {
            Pat = pat,
            Size = bo.Size,
            CpuCaching = (CpuCaching)bo.CpuCaching,
            Profile = profile,
            Is64KInternal = bo.Is64KInternal,
            VmNeeds64K = vm.Facts.VramNeeds64K,
            NoCompression = bo.NoCompression,
            IsForeignPrivate = bo.PrivateTo is not null && !ReferenceEquals(bo.PrivateTo, vm),
            IsProtected = bo.IsProtected,
            KeyStale = bo.IsKeyStale,
        });
    }

    private static BindRequest ToRequest(in DrmXeVmBindOp op, XeProfile profile, int bo) => new()
    {
        Op = op.Op,
        Flags = VmBindFlagsTable.Normalize((uint)op.Flags, profile),
        Bo = bo,
        Offset = op.ObjOffset,
        Start = op.Addr,
        End = op.Addr + op.Range,
        Region = op.PrefetchMemRegionInstance,
        Pat = op.PatIndex,
        RawFlags = (uint)op.Flags,
    };

    private static Rejection Mark(in Rejection why, int op) => why.IsRejected ? why with { OpIndex = op } : why;
}
