using System.Text.Json;

namespace XePt.Cli.Vectors.Split;

/// <summary>One operation of the split core.</summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Address">Address of the new VA or of the one operated on.</param>
internal sealed record SplitOp(SplitOpKind Kind, ulong Address)
{
    /// <summary>Map: the new VA.</summary>
    public VaRecord? Mapped { get; init; }

    /// <summary>Unmap and remap: same object at the same distance.</summary>
    public bool Keep { get; init; }

    /// <summary>Remap: the piece on the left.</summary>
    public VaRecord? Previous { get; init; }

    /// <summary>Remap: the piece on the right.</summary>
    public VaRecord? Next { get; init; }

    public static SplitOp Read(JsonElement element)
    {
        JsonElement[] parts = element.Items(count: null, "ops");
        string kind = parts.Length == 0 ? "" : parts[0].AsText("op name");
        switch (kind)
        {
            case "map":
                element.Items(5, kind);
                var mapped = new VaRecord(parts[1].AsHex("addr"), parts[2].AsHex("range"), parts[3].AsCount("obj"), parts[4].AsHex("off"));
                return new SplitOp(SplitOpKind.Map, mapped.Address) { Mapped = mapped };
            case "unmap":
                element.Items(3, kind);
                return new SplitOp(SplitOpKind.Unmap, parts[1].AsHex("va_addr")) { Keep = parts[2].AsFlag("keep") };
            case "prefetch":
                element.Items(2, kind);
                return new SplitOp(SplitOpKind.Prefetch, parts[1].AsHex("va_addr"));
            case "remap":
                element.Items(5, kind);
                return new SplitOp(SplitOpKind.Remap, parts[1].AsHex("va_addr"))
                {
                    Keep = parts[2].AsFlag("keep"),
                    Previous = VaRecord.ReadOptional(parts[3]),
                    Next = VaRecord.ReadOptional(parts[4]),
                };
            default:
                throw new MalformedVectorException($"'ops' has an unknown operation: {VectorJson.Quote(element)}");
        }
    }

    public override string ToString() => Kind switch
    {
        SplitOpKind.Map => $"map {Mapped}",
        SplitOpKind.Unmap => $"unmap 0x{Address:x}, keep {(Keep ? 1 : 0)}",
        SplitOpKind.Prefetch => $"prefetch 0x{Address:x}",
        _ => $"remap 0x{Address:x}, keep {(Keep ? 1 : 0)}, prev {Previous?.ToString() ?? "null"}, next {Next?.ToString() ?? "null"}",
    };
}

/// <summary>Kinds of operations.</summary>
internal enum SplitOpKind
{
    Map,
    Unmap,
    Remap,
    Prefetch,
}
