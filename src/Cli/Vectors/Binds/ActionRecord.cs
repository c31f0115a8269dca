using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Binds;

/// <summary>A piece that a remap leaves: <c>[addr, range, off, skip]</c>.</summary>
internal sealed record PieceRecord(ulong Address, ulong Range, ulong Offset, bool IsSkipped)
{
    public static PieceRecord? Read(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Null)
            return null;
        JsonElement[] parts = element.ToArray("remap piece", 4);
        return new PieceRecord(
            parts[0].ToUInt64("piece address"), parts[1].ToUInt64("piece range"), parts[2].ToUInt64("piece offset"),
            parts[3].ToFlag("piece skip"));
    }

    public static PieceRecord? Of(RemapPiece? piece) =>
        piece is { } p ? new PieceRecord(p.Start, p.End - p.Start, p.Offset, p.IsSkipped) : null;

    public override string ToString() => $"[0x{Address:x}, 0x{Range:x}, off 0x{Offset:x}, skip {(IsSkipped ? 1 : 0)}]";
}

/// <summary>One entry of the op list after parsing.</summary>
internal abstract record ActionRecord(ulong Address, ulong Range)
{
    public static ActionRecord Read(JsonElement element)
    {
        JsonElement[] parts = element.ToArray("ops");
        string kind = parts.Length == 0 ? "" : parts[0].ToText("op name");
        int fields = kind switch
        {
            "map" => 9,
            "unmap" or "prefetch" => 4,
            "remap" => 8,
            _ => throw new MalformedRecordException($"'ops': {JsonValues.Quote(element)} is not an operation"),
        };
        element.ToArray(kind, fields);
        ulong address = parts[1].ToUInt64("op address");
        ulong range = parts[2].ToUInt64("op range");
        return kind switch
        {
            "map" => MapRecord.Read(address, range, parts),
            "unmap" => new UnmapRecord(address, range, parts[3].ToFlag("keep")),
            "prefetch" => new PrefetchRecord(address, range, parts[3].ToUInt32("region")),
            _ => RemapRecord.Read(address, range, parts),
        };
    }

    /// <summary>The engine's op in the terms of the vectors.</summary>
    public static ActionRecord Of(GpuvaActionInfo action, BoHandles bos)
    {
        ulong range = action.End - action.Start;
        return action.Action switch
        {
            GpuvaAction.Map => MapRecord.Of(action, bos),
            GpuvaAction.Unmap => new UnmapRecord(action.Start, range, action.Keep),
            GpuvaAction.Prefetch => new PrefetchRecord(action.Start, range, action.Region),
            _ => RemapRecord.Of(action),
        };
    }

    /// <summary>The fields after address and range.</summary>
    protected abstract string Rest { get; }

    protected abstract string Name { get; }

    public sealed override string ToString() => $"[{Name}, 0x{Address:x}, 0x{Range:x}, {Rest}]";
}

/// <summary>A new VMA.</summary>
internal sealed record MapRecord(
    ulong Address, ulong Range, uint Bo, ulong Offset, VmaLetters Flags, int Pat, bool Immediate, bool InvalidateOnBind)
    : ActionRecord(Address, Range)
{
    protected override string Name => "map";

    protected override string Rest =>
        $"bo {Bo}, off 0x{Offset:x}, \"{VmaRecord.TextOf(Flags)}\", pat {Pat}, immediate {(Immediate ? 1 : 0)}, " +
        $"invalidate {(InvalidateOnBind ? 1 : 0)}";

    public static MapRecord Read(ulong address, ulong range, JsonElement[] parts) => new(
        address,
        range,
        parts[3].ToUInt32("map bo"),
        parts[4].ToUInt64("map offset"),
        VmaRecord.ReadLetters(parts[5].ToText("map flags")),
        parts[6].ToInt32("map pat", ushort.MaxValue),
        parts[7].ToFlag("map immediate"),
        parts[8].ToFlag("map invalidate_on_bind"));

    public static new MapRecord Of(GpuvaActionInfo action, BoHandles bos) => new(
        action.Start,
        action.End - action.Start,
        bos.HandleOf(action.BoNumber),
        action.Offset,
        LettersOf(action.Flags),
        action.PatIndex,
        action.Immediate,
        action.InvalidateOnBind);

    private static VmaLetters LettersOf(VmBindFlags flags) =>
        ((flags & VmBindFlags.ReadOnly) != 0 ? VmaLetters.ReadOnly : 0)
        | ((flags & VmBindFlags.Null) != 0 ? VmaLetters.Null : 0)
        | ((flags & VmBindFlags.CpuAddrMirror) != 0 ? VmaLetters.Mirror : 0)
        | ((flags & VmBindFlags.Dumpable) != 0 ? VmaLetters.Dumpable : 0)
        | ((flags & VmBindFlags.MadviseAutoreset) != 0 ? VmaLetters.Autoreset : 0);
}

/// <summary>A VMA that goes away.</summary>
internal sealed record UnmapRecord(ulong Address, ulong Range, bool Keep) : ActionRecord(Address, Range)
{
    protected override string Name => "unmap";

    protected override string Rest => $"keep {(Keep ? 1 : 0)}";
}

/// <summary>A VMA made valid ahead of use.</summary>
internal sealed record PrefetchRecord(ulong Address, ulong Range, uint Region) : ActionRecord(Address, Range)
{
    protected override string Name => "prefetch";

    protected override string Rest => $"region {Region}";
}

/// <summary>A VMA that is cut.</summary>
internal sealed record RemapRecord(
    ulong Address, ulong Range, bool Keep, ulong UnbindAddress, ulong UnbindRange, PieceRecord? Previous, PieceRecord? Next)
    : ActionRecord(Address, Range)
{
    protected override string Name => "remap";

    protected override string Rest =>
        $"keep {(Keep ? 1 : 0)}, unbind 0x{UnbindAddress:x}, 0x{UnbindRange:x}, prev {Previous?.ToString() ?? "null"}, " +
        $"next {Next?.ToString() ?? "null"}";

    public static RemapRecord Read(ulong address, ulong range, JsonElement[] parts) => new(
        address,
        range,
        parts[3].ToFlag("keep"),
        parts[4].ToUInt64("unbind address"),
        parts[5].ToUInt64("unbind range"),
        PieceRecord.Read(parts[6]),
        PieceRecord.Read(parts[7]));

    public static RemapRecord Of(GpuvaActionInfo action) => new(
        action.Start,
        action.End - action.Start,
        action.Keep,
        action.UnbindStart,
        action.UnbindEnd - action.UnbindStart,
        PieceRecord.Of(action.Previous),
        PieceRecord.Of(action.Next));
}
