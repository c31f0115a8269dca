using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Reads bind ops: <c>{op, flags, obj, off, addr, range, region, pat}</c>.</summary>
internal static class BindOps
{
    public static DrmXeVmBindOp Read(JsonElement op) => new()
    {
        Op = (VmBindOp)op.UInt32("op"),
        Flags = (VmBindFlags)op.UInt32("flags"),
        Obj = op.UInt32("obj"),
        ObjOffset = op.Hex("off"),
        Addr = op.Hex("addr"),
        Range = op.Hex("range"),
        PrefetchMemRegionInstance = op.UInt32("region"),
        PatIndex = (ushort)op.Number("pat", ushort.MaxValue),
    };
}
