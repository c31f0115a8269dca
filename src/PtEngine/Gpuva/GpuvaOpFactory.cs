using XePt.Memory;
using XePt.Uapi;

namespace XePt.Gpuva;

/// <summary>Turns one bind op into GPUVA ops and decorates them with what the op's flags say (specification 02 section 9).</summary>
internal sealed class GpuvaOpFactory(GpuvaSpace space, VmFacts vm, XeProfile profile)
{
    /// <summary>Appends the ops of one bind op.</summary>
    /// <returns>Ok, possibly with no op at all, or -EINVAL / -ENOMEM with nothing appended.</returns>
    public Errno Create(in BindRequest request, int bindIndex, UnmanagedList<GpuvaOp> ops)
    {
        int first = ops.Count;
        Errno error = GpuvaDispatch.Split(request.Op, this, request, ops);
        for (int i = first; i < ops.Count; i++)
            ops[i].BindIndex = bindIndex;
        return error;
    }

    /// <summary>MAP and MAP_USERPTR (BIND-129, BIND-138).</summary>
    internal Errno CreateMap(in BindRequest request, UnmanagedList<GpuvaOp> ops)
    {
        var map = new MapRequest(request.Start, request.End, request.Bo, request.Offset);
        bool isMirror = request.Has(VmBindFlags.CpuAddrMirror);
        if (isMirror && profile == XeProfile.Final)
            map = MirrorMerge.Widen(space, map, vm.Platform.VmSize);

        Errno error = GpuvaSplit.Map(space, map, ops);
        if (error != Errno.Ok)
            return error;

        ref GpuvaOp op = ref ops[ops.Count - 1];
        op.CreateFlags = CreateFlagsOf(request);
        op.Pat = request.Pat;
        op.Immediate = request.Has(VmBindFlags.Immediate);
        op.InvalidateOnBind = profile == XeProfile.Final && vm.IsFaultMode && vm.HasScratch && !op.Immediate;
        return Errno.Ok;
    }

    internal Errno CreateUnmap(in BindRequest request, UnmanagedList<GpuvaOp> ops) =>
        GpuvaSplit.Unmap(space, request.Start, request.End, ops);

    internal Errno CreateUnmapAll(in BindRequest request, UnmanagedList<GpuvaOp> ops) =>
        GpuvaSplit.UnmapAll(space, request.Bo, ops);

    /// <summary>Only the first op that is not a mirror learns the region; later ones keep region 0 (BIND-139).</summary>
    internal Errno CreatePrefetch(in BindRequest request, UnmanagedList<GpuvaOp> ops)
    {
        int first = ops.Count;
        Errno error = GpuvaSplit.Prefetch(space, request.Start, request.End, ops);
        for (int i = first; i < ops.Count; i++)
        {
            if (space.Vmas[ops[i].Vma].IsMirror)
                continue;
            ops[i].Region = request.Region;
            break;
        }

        return error;
    }

    private static VmaFlags CreateFlagsOf(in BindRequest request) =>
        (request.Has(VmBindFlags.ReadOnly) ? VmaFlags.ReadOnly : 0)
        | (request.Has(VmBindFlags.Null) ? VmaFlags.Null : 0)
        | (request.Has(VmBindFlags.Dumpable) ? VmaFlags.Dumpable : 0)
        | (request.Has(VmBindFlags.CpuAddrMirror) ? VmaFlags.Mirror : 0)
        | (request.Has(VmBindFlags.MadviseAutoreset) ? VmaFlags.Autoreset : 0);
}
