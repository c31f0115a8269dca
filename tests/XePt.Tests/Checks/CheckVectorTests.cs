using System.Text.Json;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt.Tests.Checks;

public class CheckVectorTests
{
    [Fact]
    public void Every_check_args_vector_gives_the_recorded_errno() => AssertAllAgree("check_args.jsonl.gz", 7453, CheckArguments);

    [Fact]
    public void Every_validate_bo_vector_gives_the_recorded_errno() => AssertAllAgree("validate_bo.jsonl.gz", 1418, ValidateBo);

    private static void AssertAllAgree(string file, int cases, Func<CheckVectors.Device, JsonElement, Rejection> check)
    {
        var count = 0;
        foreach (var (line, device, @case) in CheckVectors.Read(file))
        {
            count++;
            var rejection = check(device, @case);
            Assert.True(
                @case.GetProperty("err").GetInt32() == (int)rejection.Errno, $"{file}:{line}: {rejection}, but recorded {@case.GetRawText()}");
        }

        Assert.Equal(cases, count);
    }

    private static Rejection CheckArguments(CheckVectors.Device device, JsonElement @case)
    {
        var bind = new DrmXeVmBind
        {
            Extensions = @case.Hex("ext"),
            Pad = (uint)@case.Hex("pad"),
            Pad2 = (uint)@case.Hex("pad2"),
            NumSyncs = (uint)@case.Hex("num_syncs"),
        };
        bind.Reserved[0] = @case.Hex("res0");
        bind.Reserved[1] = @case.Hex("res1");
        var rejection = VmBindChecks.Validate(in bind, device.Bind.Context);
        foreach (var op in @case.GetProperty("binds").EnumerateArray())
        {
            if (!rejection.IsRejected)
                rejection = device.Bind.Check(ReadOp(op));
        }

        return rejection;
    }

    private static DrmXeVmBindOp ReadOp(JsonElement op) => new()
    {
        Op = (VmBindOp)op.Number("op"),
        Flags = (VmBindFlags)op.Hex("flags"),
        Obj = op.Number("obj"),
        ObjOffset = op.Hex("off"),
        Addr = op.Hex("addr"),
        Range = op.Hex("range"),
        PrefetchMemRegionInstance = op.Number("region"),
        PatIndex = (ushort)op.Number("pat"),
    };

    private static Rejection ValidateBo(CheckVectors.Device device, JsonElement @case)
    {
        var bo = @case.GetProperty("bo");
        var op = new DrmXeVmBindOp
        {
            Op = (VmBindOp)@case.Number("op"),
            Obj = 1,
            ObjOffset = @case.Hex("off"),
            Addr = @case.Hex("addr"),
            Range = @case.Hex("range"),
            PatIndex = (ushort)@case.Number("pat"),
        };
        return VmBindBoChecks.Validate(in op, new BindBoCheckContext
        {
            Pat = device.Bind.Pat[op.PatIndex],
            Size = bo.Hex("size"),
            CpuCaching = bo.GetProperty("cpu_caching").GetString() == "wb" ? CpuCaching.WriteBack : CpuCaching.WriteCombined,
            NoCompression = bo.Number("no_compression") != 0,
            VmNeeds64K = device.VramNeeds64K,
            Is64KInternal = device.VramNeeds64K && (bo.Number("placements") & ~1u) != 0,
        });
    }
}
