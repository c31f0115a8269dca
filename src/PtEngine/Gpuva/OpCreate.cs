using System.Runtime.CompilerServices;
using XePt.Calls;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Turns one bind op into GPUVA ops and decorates them with what the op's flags say (specification 02 section 9). Each appends its
/// ops, possibly none at all, or is refused with nothing appended.</summary>
internal static unsafe partial class OpCreate
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial Outcome Create(VmBindOp op, GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops);

    /// <summary>BIND-129, BIND-138.</summary>
    [HandlesOp(VmBindOp.Map)]
    [HandlesOp(VmBindOp.MapUserptr)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Map(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops)
    {
        var map = new MapRequest(request.Start, request.End, request.Bo, request.Offset);
        bool isMirror = request.Has(VmBindFlags.CpuAddrMirror);
        if (isMirror && vm.Profile == XeProfile.Final)
            map = MirrorMerge.Widen(vm.Space, map, vm.Facts.Platform.VmSize);

        Errno error = GpuvaSplit.Map(vm.Space, map, ref ops);
        if (error != Errno.Ok)
            return Refuse(vm, error, request);

        ref GpuvaOp op = ref ops[ops.Count - 1];
        op.CreateFlags = request.CreateFlags;
        op.Pat = request.Given.PatIndex;
        op.Immediate = request.Has(VmBindFlags.Immediate);
        op.InvalidateOnBind = vm.InvalidatesOnBind && !op.Immediate;
        return Outcome.Done;
    }

    [HandlesOp(VmBindOp.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Unmap(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops) =>
        Answer(vm, GpuvaSplit.Unmap(vm.Space, request.Start, request.End, ref ops), request);

    [HandlesOp(VmBindOp.UnmapAll)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome UnmapAll(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops) =>
        Answer(vm, GpuvaSplit.UnmapAll(vm.Space, request.Bo, ref ops), request);

    /// <summary>Only the first op that is not a mirror learns the region; later ones keep region 0 (BIND-139).</summary>
    [HandlesOp(VmBindOp.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Prefetch(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops)
    {
        int first = ops.Count;
        Errno error = GpuvaSplit.Prefetch(vm.Space, request.Start, request.End, ref ops);
        for (int i = first; i < ops.Count; i++)
        {
            if (vm.Space.Vmas[ops[i].Vma].IsMirror)
                continue;
            ops[i].Region = request.Given.PrefetchMemRegionInstance;
            break;
        }

        return Answer(vm, error, request);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Outcome Answer(GpuvaVm vm, Errno error, in BindRequest request) =>
        error == Errno.Ok ? Outcome.Done : Refuse(vm, error, request);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Outcome Refuse(GpuvaVm vm, Errno error, in BindRequest request) =>
        error == Errno.EINVAL
            ? vm.Call.Refuse(&Refusals.VmBindRangeIsOutside, request.Start, vm.Facts.Platform.VmSize)
            : vm.Call.Refuse(&Refusals.VmBindNoVmas, request.Start);
}
