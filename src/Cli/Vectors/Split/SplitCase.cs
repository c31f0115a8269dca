using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Split;

/// <summary>What a split request asks for.</summary>
internal enum SplitKind
{
    Map,
    Unmap,
    Prefetch,
    Madvise,
}

/// <summary>A VA, a piece of one, or a request: <c>[addr, range, obj, off]</c>.</summary>
internal readonly record struct VaRecord(ulong Address, ulong Range, int Object, ulong Offset)
{
    public static VaRecord Read(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("VA", 4);
        return new VaRecord(
            parts[0].ToUInt64("VA address"), parts[1].ToUInt64("VA range"), parts[2].ToInt32("VA obj"), parts[3].ToUInt64("VA offset"));
    }

    public static VaRecord? ReadOptional(JsonElement element) => element.ValueKind == JsonValueKind.Null ? null : Read(element);

    public override string ToString() => $"[0x{Address:x}, 0x{Range:x}, obj {Object}, off 0x{Offset:x}]";
}

/// <summary>A set of VAs and a request, and the operations that the bare split and merge core must answer.</summary>
/// <param name="Space">Managed interval: start, range, start and range of the reserved part.</param>
/// <param name="Vas">VAs inserted in this order.</param>
/// <param name="InsertErrors">What inserting each must return.</param>
internal sealed record SplitCase(
    ulong[] Space, VaRecord[] Vas, Errno[] InsertErrors, SplitKind Kind, VaRecord Request, Errno Error, SplitOp[] Ops) : IVectorCase
{
    /// <inheritdoc/>
    public string Name => $"{Kind} of {Vas.Length} VAs";

    public static SplitCase Read(JsonElement line)
    {
        VaRecord[] vas = [.. line.Items("vas").Select(VaRecord.Read)];
        JsonElement request = line.Field("req");
        return new SplitCase(
            [.. line.Field("space").ToArray("space", 4).Select(part => part.ToUInt64("space"))],
            vas,
            [.. line.Field("ins").ToArray("ins", vas.Length).Select(error => error.ToResult("ins"))],
            request.OneOf(
                "kind",
                ("map", SplitKind.Map),
                ("unmap", SplitKind.Unmap),
                ("prefetch", SplitKind.Prefetch),
                ("madvise", SplitKind.Madvise)),
            new VaRecord(request.Hex("addr"), request.Hex("range"), request.Number("obj"), request.Hex("off")),
            line.Error("err"),
            [.. line.Items("ops").Select(SplitOp.Read)]);
    }

    /// <inheritdoc/>
    public CaseResult Run() => CaseResult.Of(Name, SplitReplay.Run(this));
}
