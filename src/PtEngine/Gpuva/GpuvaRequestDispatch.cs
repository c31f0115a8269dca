using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>Which split each bind op asks for; a new op without a handler does not compile.</summary>
[OpDispatch(typeof(VmBindOp))]
internal static partial class GpuvaRequestDispatch
{
    [HandlesOp(VmBindOp.Map)]
    private static Errno Map(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateMap(request, ops);

    [HandlesOp(VmBindOp.MapUserptr)]
    private static Errno MapUserptr(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateMap(request, ops);

    [HandlesOp(VmBindOp.Unmap)]
    private static Errno Unmap(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateUnmap(request, ops);

    [HandlesOp(VmBindOp.UnmapAll)]
    private static Errno UnmapAll(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreateUnmapAll(request, ops);

    [HandlesOp(VmBindOp.Prefetch)]
    private static Errno Prefetch(GpuvaOpFactory factory, in BindRequest request, UnmanagedList<GpuvaOp> ops) => factory.CreatePrefetch(request, ops);
}
