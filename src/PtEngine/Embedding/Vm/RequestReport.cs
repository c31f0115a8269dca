using XePt.Calls;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Stage;
using XePt.Uapi;

namespace XePt;

/// <summary>What a GPUVA op of a request did (specification 02 sections 10 and 11).</summary>
internal enum GpuvaAction
{
    /// <summary>A new VMA.</summary>
    Map,

    /// <summary>A VMA went away.</summary>
    Unmap,

    /// <summary>A VMA was cut; one or two pieces stay.</summary>
    Remap,

    /// <summary>A VMA is made valid on the GPU ahead of use.</summary>
    Prefetch,
}

/// <summary>A piece that a REMAP leaves: <c>[Start, End)</c> at an offset; skipped pieces keep their entries (BIND-184).</summary>
internal readonly record struct RemapPiece(ulong Start, ulong End, ulong Offset, bool IsSkipped);

/// <summary>One GPUVA op as it was after parsing.</summary>
internal sealed record GpuvaActionInfo
{
    /// <summary>What it did.</summary>
    public required GpuvaAction Action { get; init; }

    /// <summary>Index of the bind op it came from.</summary>
    public required int BindIndex { get; init; }

    /// <summary>First address; of the old VMA for a REMAP.</summary>
    public required ulong Start { get; init; }

    /// <summary>End, exclusive.</summary>
    public required ulong End { get; init; }

    /// <summary>Same BO at the same distance (BIND-160).</summary>
    public bool Keep { get; init; }

    /// <summary>MAP: device-wide BO number, or 0.</summary>
    public int BoNumber { get; init; }

    /// <summary>MAP: offset or CPU address.</summary>
    public ulong Offset { get; init; }

    /// <summary>MAP: flags that became part of the VMA, in canonical bits.</summary>
    public VmBindFlags Flags { get; init; }

    /// <summary>MAP: PAT index.</summary>
    public ushort PatIndex { get; init; }

    /// <summary>MAP: IMMEDIATE was asked for.</summary>
    public bool Immediate { get; init; }

    /// <summary>MAP: scratch entries are replaced by non-present ones (BIND-019).</summary>
    public bool InvalidateOnBind { get; init; }

    /// <summary>PREFETCH: region.</summary>
    public uint Region { get; init; }

    /// <summary>REMAP: left piece.</summary>
    public RemapPiece? Previous { get; init; }

    /// <summary>REMAP: right piece.</summary>
    public RemapPiece? Next { get; init; }

    /// <summary>REMAP: interval whose entries go, <c>[UnbindStart, UnbindEnd)</c>.</summary>
    public ulong UnbindStart { get; init; }

    /// <summary>REMAP: its end, exclusive.</summary>
    public ulong UnbindEnd { get; init; }
}

/// <summary>A run of entries of one table that a PT op changes (PT-086).</summary>
internal readonly record struct PtRecordInfo(int Level, int First, int Count);

/// <summary>One staged PT op.</summary>
internal sealed record PtOpInfo(bool IsBind, bool IsRebind, IReadOnlyList<PtRecordInfo> Records);

/// <summary>What a request staged on one tile.</summary>
/// <param name="ReservedOps">PT ops counted while parsing (PT-121).</param>
/// <param name="NeedsInvalidation">The TLB is flushed over the hull (PT-176).</param>
/// <param name="Start">First address of the hull (PT-142).</param>
/// <param name="Last">Last address, inclusive; below <paramref name="Start"/> when nothing is staged.</param>
/// <param name="Ops">Staged ops, in order; after a failure those staged before it.</param>
internal sealed record TileUpdateInfo(int ReservedOps, bool NeedsInvalidation, ulong Start, ulong Last, IReadOnlyList<PtOpInfo> Ops);

/// <summary>What the last request on a VM did, for tools and tests.</summary>
/// <param name="Actions">GPUVA ops, complete only if all were parsed; else empty.</param>
/// <param name="Updates">One per tile, or empty when the request did not get to staging.</param>
internal sealed record RequestReport(IReadOnlyList<GpuvaActionInfo> Actions, IReadOnlyList<TileUpdateInfo> Updates)
{
    internal static RequestReport Of(VmContext vm) => new(
        vm.Call.Reached >= CallStage.Split ? [.. Enumerable.Range(0, vm.Call.Ops.Count).Select(i => ActionOf(vm.Call.Ops[i]))] : [],
        vm.Call.Reached == CallStage.Staging ? [.. vm.Call.Tiles.Select(UpdateOf)] : []);

    private static GpuvaActionInfo ActionOf(in GpuvaOp op) => ActionReport.Of(op.Kind, op);

    private static TileUpdateInfo UpdateOf(TileUpdate tile)
    {
        var ops = new PtOpInfo[tile.Ops.Count];
        for (int i = 0; i < ops.Length; i++)
            ops[i] = OpOf(tile, tile.Ops[i]);
        return new TileUpdateInfo(tile.ReservedOps, tile.NeedsInvalidation, tile.Start, tile.Last, ops);
    }

    private static PtOpInfo OpOf(TileUpdate tile, in PtOp op)
    {
        var records = new PtRecordInfo[op.UpdateCount];
        for (int i = 0; i < records.Length; i++)
        {
            ref PtUpdate update = ref tile.Updates[op.FirstUpdate + i];
            records[i] = new PtRecordInfo(update.Level, update.First, update.Count);
        }

        return new PtOpInfo(op.IsBind, op.IsRebind, records);
    }
}
