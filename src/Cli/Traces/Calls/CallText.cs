using System.Globalization;
using System.Numerics;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Calls in a few words, for lists.</summary>
internal static class CallText
{
    private const int MaxNames = 256;

    private delegate bool Formatter<T>(T value, Span<char> destination, out int charsWritten);

    public static string Of(VmCreateFlags flags) => Format(flags, VmCreateFlagsTable.TryFormat);

    /// <summary>Bind flags in canonical bits.</summary>
    public static string Of(VmBindFlags flags) => Format(flags, VmBindFlagsTable.TryFormat);

    public static string Of(VmBindOp op) => Format(op, VmBindOpTable.TryFormat);

    /// <summary>One bind op: <c>MAP bo1+0x0 at [0x1000, 0x2000) IMMEDIATE</c>.</summary>
    public static string Of(in DrmXeVmBindOp op, TracePlayer player)
    {
        VmBindFlags flags = VmBindFlagsTable.Normalize((uint)op.Flags, player.Device.Options.Profile);
        string target = op.Obj != 0 ? $" {NameOf(op.Obj, player)}+0x{op.ObjOffset:x}"
            : op.Op == VmBindOp.MapUserptr ? $" cpu 0x{op.Userptr:x}"
            : "";
        string range = op.Op == VmBindOp.UnmapAll ? "" : $" at {Interval(op.Addr, unchecked(op.Addr + op.Range))}";
        return $"{Of(op.Op)}{target}{range}{(flags == 0 ? "" : $" {Of(flags)}")}";
    }

    /// <summary>A half-open interval.</summary>
    public static string Interval(ulong start, ulong end) => $"[0x{start:x}, 0x{end:x})";

    /// <summary>A number of bytes in the largest unit that leaves a whole part, with one digit after it where that is not exact.</summary>
    public static string Bytes(ulong bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        int unit = Math.Max(0, BitOperations.Log2(bytes) / 10);
        double scaled = bytes / Math.Pow(1024, unit);
        return string.Create(CultureInfo.InvariantCulture, $"{scaled:0.#} {units[unit]}");
    }

    private static string NameOf(uint handle, TracePlayer player) =>
        player.File.FindBo(handle) is { } bo ? player.LabelOf(bo.Number) : $"handle {handle}";

    private static string Format<T>(T value, Formatter<T> format)
    {
        Span<char> text = stackalloc char[MaxNames];
        format(value, text, out int length);
        return text[..length].ToString();
    }
}
