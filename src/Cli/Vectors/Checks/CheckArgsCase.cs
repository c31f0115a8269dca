using System.Text.Json;
using XePt.Cli.Vectors.Binds;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Cli.Vectors.Checks;

/// <summary>The arguments of a bind call and the errno of the argument check alone.</summary>
internal sealed record CheckArgsCase(VectorConfig Config, DrmXeVmBind Call, DrmXeVmBindOp[] Ops, Errno Expected) : IVectorCase
{
    /// <inheritdoc/>
    public string Name => $"{Config.Name}, {Ops.Length} binds";

    public static CheckArgsCase Read(JsonElement line, VectorConfig config)
    {
        var call = new DrmXeVmBind
        {
            Extensions = line.Hex("ext"),
            Pad = line.UInt32("pad"),
            Pad2 = line.UInt32("pad2"),
            NumSyncs = line.UInt32("num_syncs"),
        };
        call.Reserved[0] = line.Hex("res0");
        call.Reserved[1] = line.Hex("res1");
        return new CheckArgsCase(config, call, [.. line.Items("binds").Select(BindOps.Read)], line.Error("err"));
    }

    /// <inheritdoc/>
    public CaseResult Run() => CaseResult.Of(Name, ErrorComparison.Compare(Expected, Check()));

    private Rejection Check()
    {
        var context = new BindCheckContext
        {
            Pat = Config.Platform.Pat.Entries,
            MemoryRegionMask = Config.Platform.MemoryRegionMask,
            VmSize = Config.Platform.VmSize,
            Mode = Config.Mode,
            SvmPresent = true,
            UserptrPresent = true,
        };
        Rejection why = VmBindChecks.Validate(Call, context);
        for (int i = 0; i < Ops.Length && !why.IsRejected; i++)
            why = VmBindOpChecks.Validate(Ops[i], context) with { OpIndex = i };
        return why;
    }
}
