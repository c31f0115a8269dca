using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using XePt.Cli.Input;
using XePt.Cli.Traces;
using XePt.Cli.Traces.Calls;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Cli.Explain;

/// <summary>
/// One call without a trace around it: a fresh device with VM 1, BO 1 if the call names one, and CPU memory behind userptrs. What the
/// caller does not say about the BO is chosen so that the BO itself is no reason to refuse the call.
/// </summary>
/// <param name="Platform">The platform.</param>
/// <param name="Profile">Stage of the uAPI.</param>
/// <param name="VmFlags">Flags VM 1 is created with.</param>
/// <param name="Bo">Fields of GEM_CREATE for BO 1, as JSON or <c>key=value</c> list; null for the defaults.</param>
internal sealed record OpSetting(PlatformInfo Platform, XeProfile Profile, VmCreateFlags VmFlags, string? Bo)
{
    private const ulong LargestBo = 1UL << 36;
    private const ulong Granule = 64 * 1024;
    private const ulong Chunk = 1UL << 30;
    private const ulong FirstPage = Chunk;

    /// <summary>Plays a call: a record, or one op of VM_BIND, as JSON or as <c>key=value</c> list.</summary>
    public CallOutcome Play(string op)
    {
        using var player = new TracePlayer(Platform, new XeDeviceOptions { Profile = Profile });
        TraceRecord record = Read(ToRecord(FieldText.Parse(op)));
        Require(Play(player, new JsonObject { ["ioctl"] = "VM_CREATE", ["flags"] = (uint)VmFlags }), "the VM");
        if (record.Call is VmBindCall bind)
            Prepare(player, bind);
        return player.Play(record, checkExpected: false);
    }

    private static JsonObject ToRecord(JsonObject fields)
    {
        if (fields.ContainsKey("ioctl"))
            return fields;
        return new JsonObject { ["ioctl"] = "VM_BIND", ["vm_id"] = 1, ["binds"] = new JsonArray(fields) };
    }

    /// <summary>Makes what the ops of a call refer to.</summary>
    private void Prepare(TracePlayer player, VmBindCall bind)
    {
        bind.ToStructs(player.Names, out DrmXeVmBindOp[] ops, out _);
        if (ops.Any(op => op.Obj != 0))
            CreateBo(player, ops);
        foreach (DrmXeVmBindOp op in ops.Where(op => (BindOpFields.Of(op.Op) & BindOpFields.Fields.CpuAddress) != 0))
            MapCpuMemory(player, op);
    }

    private void CreateBo(TracePlayer player, DrmXeVmBindOp[] ops)
    {
        var fields = new JsonObject
        {
            ["ioctl"] = "GEM_CREATE",
            ["size"] = (Math.Clamp(ops.Max(op => unchecked(op.ObjOffset + op.Range)), 1, LargestBo) + Granule - 1) & ~(Granule - 1),
            ["placement"] = Platform.IsDiscrete ? 2 : 1,
            ["cpu_caching"] = Platform.IsDiscrete ? "WC" : "WB",
            ["flags"] = "DEFER_BACKING",
        };
        try
        {
            foreach ((string name, JsonNode? value) in Bo is null ? [] : FieldText.Parse(Bo))
                fields[name] = value?.DeepClone();
            Require(Play(player, fields), "the BO");
        }
        catch (MalformedRecordException e) when (Bo is not null)
        {
            throw new InputException("--bo", 0, e.Message);
        }

        // Memory of our own, the same over and over: the BO may be larger than what the device has.
        XeBo bo = player.File.Bos.First();
        PhysicalRun[] runs = [new(FirstPage, Chunk, (int)(bo.Size / Chunk), Stride: 0), new(FirstPage, bo.Size % Chunk)];
        player.File.MoveBo(
            bo.Handle, BitOperations.TrailingZeroCount(bo.Placements), [.. runs.Where(run => run.Size != 0 && run.Count != 0)]);
    }

    private static void MapCpuMemory(TracePlayer player, in DrmXeVmBindOp op)
    {
        bool isPages = ((op.Userptr | op.Range) & (XeLimits.PageSize - 1)) == 0 && op.Userptr + op.Range >= op.Userptr;
        if (isPages && op.Range is > 0 and <= LargestBo)
            player.File.MapCpuMemory(op.Userptr, new PhysicalRun(FirstPage, op.Range));
    }

    private CallOutcome Play(TracePlayer player, JsonObject fields) => player.Play(Read(fields), checkExpected: false);

    private TraceRecord Read(JsonObject fields)
    {
        using JsonDocument json = JsonDocument.Parse(fields.ToJsonString());
        return TraceReader.ReadRecord(json.RootElement, Profile, line: 0, keepFields: true);
    }

    private static void Require(CallOutcome outcome, string what)
    {
        if (outcome.Result.Errno != Errno.Ok)
            throw new MalformedRecordException($"{what} cannot be made: {outcome.Result.Why}");
    }
}
