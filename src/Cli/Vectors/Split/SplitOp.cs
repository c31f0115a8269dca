using System.Text.Json;
using XePt.Cli.Input;

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
        JsonElement[] parts = element.ToArray("ops");
        string kind = parts.Length == 0 ? "" : parts[0].ToText("op name");
        switch (kind)
        {
            case "map":
                element.ToArray(kind, 5);
                var mapped = new VaRecord(
                    parts[1].ToUInt64("addr"), parts[2].ToUInt64("range"), parts[3].ToInt32("obj"), parts[4].ToUInt64("off"));
                return new SplitOp(SplitOpKind.Map, mapped.Address) { Mapped = mapped };
            case "unmap":
                element.ToArray(kind, 3);
                return new SplitOp(SplitOpKind.Unmap, parts[1].ToUInt64("va_addr")) { Keep = parts[2].ToFlag("keep") };
            case "prefetch":
                element.ToArray(kind, 2);
                return new SplitOp(SplitOpKind.Prefetch, parts[1].ToUInt64("va_addr"));
            case "remap":
                element.ToArray(kind, 5);
                return new SplitOp(SplitOpKind.Remap, parts[1].ToUInt64("va_addr"))
                {
                    Keep = parts[2].ToFlag("keep"),
                    Previous = VaRecord.ReadOptional(parts[3]),
                    Next = VaRecord.ReadOptional(parts[4]),
                };
            default:
                throw new MalformedRecordException($"'ops': {JsonValues.Quote(element)} is not an operation");
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
