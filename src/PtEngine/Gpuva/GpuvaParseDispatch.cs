using XePt.Uapi;
using XePt.Uapi.Spec;

namespace XePt.Gpuva;

/// <summary>How each GPUVA op is parsed; a new op without a handler does not compile.</summary>
[OpDispatch(typeof(GpuvaOpKind))]
internal static partial class GpuvaParseDispatch
{
    [HandlesOp(GpuvaOpKind.Map)]
    private static Errno Map(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseMap(ref op);

    [HandlesOp(GpuvaOpKind.Unmap)]
    private static Errno Unmap(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseUnmap(ref op);

    [HandlesOp(GpuvaOpKind.Remap)]
    private static Errno Remap(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParseRemap(ref op);

    [HandlesOp(GpuvaOpKind.Prefetch)]
    private static Errno Prefetch(GpuvaOpParser parser, ref GpuvaOp op) => parser.ParsePrefetch(ref op);
}
