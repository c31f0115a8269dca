using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Which split each bind op asks for, and how the GPUVA ops that it gives are parsed; a new op without a handler does not compile.</summary>
internal static partial class GpuvaDispatch
{
    [OpDispatch]
    public static partial Errno Split(VmBindOp op, GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops);

    [OpDispatch]
    public static partial Errno Parse(GpuvaOpKind kind, GpuvaOpParser parser, ref GpuvaOp op);

    [HandlesOp(VmBindOp.Map)]
    [HandlesOp(VmBindOp.MapUserptr)]
    private static Errno SplitMap(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateMap(request, ops);

    [HandlesOp(VmBindOp.Unmap)]
    private static Errno SplitUnmap(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateUnmap(request, ops);

    [HandlesOp(VmBindOp.UnmapAll)]
    private static Errno SplitUnmapAll(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateUnmapAll(request, ops);

    [HandlesOp(VmBindOp.Prefetch)]
    private static Errno SplitPrefetch(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreatePrefetch(request, ops);

    [HandlesOp(GpuvaOpKind.Map)]
    private static Errno ParseMap(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseMap(ref op);

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static Errno ParseUnmap(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseUnmap(ref op);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static Errno ParseRemap(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseRemap(ref op);

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static Errno ParsePrefetch(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParsePrefetch(ref op);
}
