using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>What a step does.</summary>
internal enum StepKind
{
    Bind,
    Fault,
    Zap,
    Move,
    RangeBind,
    RangeUnbind,
    RangeZap,
}

/// <summary>The input of a step. Only the fields of its kind are set.</summary>
internal sealed record StepInput(StepKind Kind)
{
    /// <summary>Bind: the ops.</summary>
    public DrmXeVmBindOp[] Ops { get; private init; } = [];

    /// <summary>Fault and zap: the address. Ranges: the first one.</summary>
    public ulong Start { get; private init; }

    /// <summary>Ranges: the end, exclusive.</summary>
    public ulong End { get; private init; }

    /// <summary>Move: the BO's handle.</summary>
    public uint Bo { get; private init; }

    /// <summary>Move and range bind: the new backing is VRAM.</summary>
    public bool IsVram { get; private init; }

    /// <summary>Move and range bind: the new backing.</summary>
    public PhysicalRun[] Runs { get; private init; } = [];

    /// <param name="element">The field <c>in</c> of a step.</param>
    /// <param name="sizeOfBo">Size of a BO by handle; throws for a handle of no BO.</param>
    public static StepInput Read(JsonElement element, Func<uint, ulong> sizeOfBo)
    {
        StepKind kind = element.OneOf(
            "do",
            ("bind", StepKind.Bind),
            ("fault", StepKind.Fault),
            ("zap", StepKind.Zap),
            ("move", StepKind.Move),
            ("range_bind", StepKind.RangeBind),
            ("range_unbind", StepKind.RangeUnbind),
            ("range_zap", StepKind.RangeZap));
        return kind switch
        {
            StepKind.Bind => new(kind) { Ops = [.. element.Items("ops").Select(BindOps.Read)] },
            StepKind.Fault or StepKind.Zap => new(kind) { Start = element.Hex("addr") },
            StepKind.Move => ReadMove(element, sizeOfBo),
            _ => ReadRange(kind, element),
        };
    }

    private static StepInput ReadMove(JsonElement element, Func<uint, ulong> sizeOfBo)
    {
        uint bo = element.UInt32("bo");
        return new(StepKind.Move)
        {
            Bo = bo,
            IsVram = BoRecord.ReadIsVram(element),
            Runs = element.Runs(sizeOfBo(bo)),
        };
    }

    private static StepInput ReadRange(StepKind kind, JsonElement element)
    {
        ulong start = element.Hex("start");
        ulong end = element.Hex("end");
        if (start >= end || ((start | end) & (XeLimits.PageSize - 1)) != 0)
            throw new MalformedRecordException($"not a range of pages: 0x{start:x} to 0x{end:x}");
        var range = new StepInput(kind) { Start = start, End = end };
        return kind != StepKind.RangeBind
            ? range
            : range with { IsVram = BoRecord.ReadIsVram(element), Runs = element.Runs(end - start) };
    }
}

/// <summary>What the reference did in a step.</summary>
/// <param name="Error">The errno; of a range zap 1 when entries were zeroed.</param>
/// <param name="Warnings">Warnings raised.</param>
/// <param name="Invalidations">TLB invalidations issued by zaps.</param>
/// <param name="FlushSeqno">The running TLB flush counter.</param>
/// <param name="Actions">The op list after parsing.</param>
/// <param name="Update">What was staged.</param>
/// <param name="Vmas">The VMA list, or null when it did not change.</param>
/// <param name="TablesSet">Tables that changed.</param>
/// <param name="TablesDeleted">Tables that vanished.</param>
internal sealed record StepOutput(
    Errno Error,
    long Warnings,
    long Invalidations,
    long FlushSeqno,
    ActionRecord[] Actions,
    UpdateRecord? Update,
    VmaRecord[]? Vmas,
    TableRecord[] TablesSet,
    TableKey[] TablesDeleted)
{
    public static StepOutput Read(JsonElement element) => new(
        element.Error("err"),
        element.Number("warn"),
        element.Number("inval"),
        element.Number("seqno"),
        [.. element.Items("ops").Select(ActionRecord.Read)],
        UpdateRecord.Read(element.Field("upd")),
        element.Field("vmas").ValueKind == JsonValueKind.Null ? null : [.. element.Items("vmas").Select(VmaRecord.Read)],
        [.. element.Items("pt_set").Select(TableRecord.Read)],
        [.. element.Items("pt_del").Select(TableRecord.ReadKey)]);
}

/// <summary>One step of a sequence.</summary>
internal sealed record BindStep(StepInput Input, StepOutput Output)
{
    /// <summary>The input as it stands in the file.</summary>
    public required string InputText { get; init; }
}
