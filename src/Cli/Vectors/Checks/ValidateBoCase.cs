using System.Text.Json;
using XePt.Cli.Vectors.Binds;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Cli.Vectors.Checks;

/// <summary>A bind op with its BO and the errno of the per-BO check alone.</summary>
internal sealed record ValidateBoCase(string Name, DrmXeVmBindOp Op, BindBoCheckContext Bo, Errno Expected) : IVectorCase
{
    public static ValidateBoCase Read(JsonElement line, VectorConfig config)
    {
        JsonElement bo = line.Field("bo");
        var op = new DrmXeVmBindOp
        {
            Op = (VmBindOp)line.UInt32("op"),
            Obj = 1,
            ObjOffset = line.Hex("off"),
            Addr = line.Hex("addr"),
            Range = line.Hex("range"),
            PatIndex = (ushort)line.Number("pat", config.Platform.Pat.Count - 1),
        };
        bool needs64K = config.Platform.VramNeeds64K;
        var context = new BindBoCheckContext
        {
            Pat = config.Platform.Pat.Entries[op.PatIndex],
            Size = bo.Hex("size"),
            CpuCaching = BoRecord.ReadCaching(bo),
            NoCompression = bo.Flag("no_compression"),
            VmNeeds64K = needs64K,
            Is64KInternal = needs64K && (bo.UInt32("placements") & ~1u) != 0,
        };
        return new ValidateBoCase(config.Name, op, context, line.Error("err"));
    }

    /// <inheritdoc/>
    public CaseResult Run() => CaseResult.Of(Name, ErrorComparison.Compare(Expected, VmBindBoChecks.Validate(Op, Bo)));
}
