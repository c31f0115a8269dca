using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Vectors.Binds;

/// <summary>What was staged: <c>{num_ops, cur, inv, start, last, ops}</c>. Two records are equal when their texts are.</summary>
internal sealed record UpdateRecord(int Reserved, int Staged, bool NeedsInvalidation, ulong Start, ulong Last, string Ops)
{
    public static UpdateRecord? Read(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return null;
        JsonElement[] ops = element.Items("ops");
        return new UpdateRecord(
            element.Number("num_ops"),
            element.Number("cur"),
            element.Flag("inv"),
            element.Hex("start"),
            element.Hex("last"),
            string.Join(' ', ops.Select(ReadOp)));
    }

    public static UpdateRecord Of(TileUpdateInfo update) => new(
        update.ReservedOps,
        update.Ops.Count,
        update.NeedsInvalidation,
        update.Start,
        update.Last,
        string.Join(' ', update.Ops.Select(op => TextOf(op.IsBind, op.IsRebind, op.Records))));

    public override string ToString() =>
        $"num_ops {Reserved}, cur {Staged}, inv {(NeedsInvalidation ? 1 : 0)}, start 0x{Start:x}, last 0x{Last:x}, " +
        $"ops {(Ops.Length == 0 ? "none" : Ops)}";

    private static string ReadOp(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("staged op", 3);
        return TextOf(
            parts[0].ToFlag("bind"), parts[1].ToFlag("rebind"), parts[2].ToArray("staged records").Select(ReadRecord));
    }

    private static PtRecordInfo ReadRecord(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("staged record", 3);
        return new PtRecordInfo(parts[0].ToInt32("level"), parts[1].ToInt32("ofs"), parts[2].ToInt32("qwords"));
    }

    private static string TextOf(bool isBind, bool isRebind, IEnumerable<PtRecordInfo> records) =>
        $"{(isBind ? isRebind ? "rebind" : "bind" : "unbind")}({string.Join(' ', records.Select(TextOf))})";

    private static string TextOf(PtRecordInfo record) => $"L{record.Level}:{record.First}+{record.Count}";
}
