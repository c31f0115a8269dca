using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>Reads bind ops: <c>{op, flags, obj, off, addr, range, region, pat}</c>.</summary>
internal static class BindOps
{
    public static DrmXeVmBindOp Read(JsonElement op) => new()
    {
        Op = (VmBindOp)op.Integer("op", 0, uint.MaxValue),
        Flags = (VmBindFlags)op.Hex32("flags"),
        Obj = (uint)op.Integer("obj", 0, uint.MaxValue),
        ObjOffset = op.Hex("off"),
        Addr = op.Hex("addr"),
        Range = op.Hex("range"),
        PrefetchMemRegionInstance = (uint)op.Integer("region", 0, uint.MaxValue),
        PatIndex = (ushort)op.Integer("pat", 0, ushort.MaxValue),
    };
}
