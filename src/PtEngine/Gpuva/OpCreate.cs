using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Turns one bind op into GPUVA ops and decorates them with what the op's flags say (specification 02 section 9). Each appends its
/// ops and returns Ok, possibly with no op at all, or -EINVAL / -ENOMEM with nothing appended.</summary>
internal static partial class OpCreate
{
    [OpDispatch]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static partial Errno Create(VmBindOp op, GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops);

    /// <summary>BIND-129, BIND-138.</summary>
    [HandlesOp(VmBindOp.Map)]
    [HandlesOp(VmBindOp.MapUserptr)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Map(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops)
    {
        var map = new MapRequest(request.Start, request.End, request.Bo, request.Offset);
        bool isMirror = request.Has(VmBindFlags.CpuAddrMirror);
        if (isMirror && vm.Profile == XeProfile.Final)
            map = MirrorMerge.Widen(vm.Space, map, vm.Facts.Platform.VmSize);

        Errno error = GpuvaSplit.Map(vm.Space, map, ref ops);
        if (error != Errno.Ok)
            return error;

        ref GpuvaOp op = ref ops[ops.Count - 1];
        op.CreateFlags = CreateFlagsOf(request.Flags);
        op.Pat = request.Given.PatIndex;
        op.Immediate = request.Has(VmBindFlags.Immediate);
        op.InvalidateOnBind = vm.InvalidatesOnBind && !op.Immediate;
        return Errno.Ok;
    }

    [HandlesOp(VmBindOp.Unmap)]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Errno Unmap(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops) =>
        GpuvaSplit.Unmap(vm.Space, request.Start, request.End, ref ops);

    [HandlesOp(VmBindOp.UnmapAll)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno UnmapAll(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops) =>
        GpuvaSplit.UnmapAll(vm.Space, request.Bo, ref ops);

    /// <summary>Only the first op that is not a mirror learns the region; later ones keep region 0 (BIND-139).</summary>
    [HandlesOp(VmBindOp.Prefetch)]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Errno Prefetch(GpuvaVm vm, in BindRequest request, ref UnmanagedList<GpuvaOp> ops)
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

        return error;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static VmaFlags CreateFlagsOf(VmBindFlags flags) =>
        flags == 0 ? 0
        : ((flags & VmBindFlags.ReadOnly) != 0 ? VmaFlags.ReadOnly : 0)
        | ((flags & VmBindFlags.Null) != 0 ? VmaFlags.Null : 0)
        | ((flags & VmBindFlags.Dumpable) != 0 ? VmaFlags.Dumpable : 0)
        | ((flags & VmBindFlags.CpuAddrMirror) != 0 ? VmaFlags.Mirror : 0)
        | ((flags & VmBindFlags.MadviseAutoreset) != 0 ? VmaFlags.Autoreset : 0);
}
