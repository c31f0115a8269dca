using System.Globalization;
using System.Numerics;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Calls in a few words, for lists.</summary>
internal static class CallText
{
    private const int MaxNames = 256;
    private const int MaxSyncs = 8;

    private delegate bool Formatter<T>(T value, Span<char> destination, out int charsWritten);

    public static string Of(VmCreateFlags flags) => Format(flags, VmCreateFlagsTable.TryFormat);

    /// <summary>Bind flags in canonical bits.</summary>
    public static string Of(VmBindFlags flags) => Format(flags, VmBindFlagsTable.TryFormat);

    public static string Of(GemCreateFlags flags) => Format(flags, GemCreateFlagsTable.TryFormat);

    public static string Of(CpuCaching caching) => Format(caching, CpuCachingTable.TryFormat);

    public static string Of(EngineClass engine) => Format(engine, EngineClassTable.TryFormat);

    public static string Of(ExecQueueProperty property) => Format(property, ExecQueuePropertyTable.TryFormat);

    public static string Of(ExecQueueReadableProperty property) => Format(property, ExecQueueReadablePropertyTable.TryFormat);

    public static string Of(UserFenceWaitOp op) => Format(op, UserFenceWaitOpTable.TryFormat);

    public static string Of(VmBindOp op) => Format(op, VmBindOpTable.TryFormat);

    public static string Of(SyncobjCreateFlags flags) => Format(flags, SyncobjCreateFlagsTable.TryFormat);

    public static string Of(SyncobjFileFlags flags) => Format(flags, SyncobjFileFlagsTable.TryFormat);

    public static string Of(MmapOffsetFlags flags) => Format(flags, MmapOffsetFlagsTable.TryFormat);

    public static string Of(DeviceQueryId query) => Format(query, DeviceQueryIdTable.TryFormat);

    public static string Of(ConfigFlags flags) => Format(flags, ConfigFlagsTable.TryFormat);

    public static string Of(MemoryClass memoryClass) => Format(memoryClass, MemoryClassTable.TryFormat);

    public static string Of(GtType type) => Format(type, GtTypeTable.TryFormat);

    public static string Of(TopologyMaskType type) => Format(type, TopologyMaskTypeTable.TryFormat);

    public static string Of(MicrocontrollerType type) => Format(type, MicrocontrollerTypeTable.TryFormat);

    public static string Of(MemRangeAttr attribute) => Format(attribute, MemRangeAttrTable.TryFormat);

    public static string Of(AtomicAccess access) => Format(access, AtomicAccessTable.TryFormat);

    public static string Of(MigrationPolicy policy) => Format(policy, MigrationPolicyTable.TryFormat);

    public static string Of(ObservationType type) => Format(type, ObservationTypeTable.TryFormat);

    public static string Of(ObservationOp op) => Format(op, ObservationOpTable.TryFormat);

    /// <summary>One bind op: <c>MAP bo1+0x0 at [0x1000, 0x2000) IMMEDIATE pat 2</c>.</summary>
    public static string Of(in DrmXeVmBindOp op, TracePlayer player)
    {
        VmBindFlags flags = VmBindFlagsTable.Normalize((uint)op.Flags, player.Device.Options.Profile);
        BindOpFields.Fields fields = BindOpFields.Of(op.Op);
        string target = op.Obj != 0 ? $" {NameOf(op.Obj, player)}+0x{op.ObjOffset:x}"
            : (fields & BindOpFields.Fields.CpuAddress) != 0 ? $" cpu 0x{op.Userptr:x}"
            : "";
        string range = (fields & BindOpFields.Fields.Range) == 0 ? "" : $" at {Interval(op.Addr, unchecked(op.Addr + op.Range))}";
        string pat = (fields & BindOpFields.Fields.PatIndex) != 0 && (flags & (VmBindFlags.Null | VmBindFlags.CpuAddrMirror)) == 0
            ? $" pat {op.PatIndex}" : "";
        return $"{Of(op.Op)}{target}{range}{(flags == 0 ? "" : $" {Of(flags)}")}{pat}";
    }

    /// <summary>What the driver reads of an array that is listed in a trace: no more than the call says there is.</summary>
    public static ReadOnlySpan<T> Counted<T>(T[] listed, uint count) => listed.AsSpan(0, (int)Math.Min((uint)listed.Length, count));

    /// <summary>Sync entries as the end of a line: <c>, in syncobj 1 (done), out user fence 0x1000 = 0x5</c>.</summary>
    /// <param name="count">What the call says that their number is.</param>
    public static string Of(DrmXeSync[] syncs, uint count, HandleNames names)
    {
        string listed = string.Concat(syncs.Take(MaxSyncs).Select(sync => $", {Of(sync, names)}"));
        string more = syncs.Length > MaxSyncs ? ", ..." : "";
        return syncs.Length != count || syncs.Length > MaxSyncs ? $"{listed}{more} ({Console.Count.Of(count, "sync")})" : listed;
    }

    private static string Of(in DrmXeSync sync, HandleNames names)
    {
        string way = (sync.Flags & SyncFlags.Signal) != 0 ? "out" : "in";
        return sync.Type switch
        {
            SyncType.Syncobj => $"{way} syncobj {names.Describe(HandleKind.Syncobj, sync.Handle)}",
            SyncType.TimelineSyncobj => $"{way} syncobj {names.Describe(HandleKind.Syncobj, sync.Handle)} point {sync.TimelineValue}",
            SyncType.UserFence => $"{way} user fence 0x{sync.Addr:x} = 0x{sync.TimelineValue:x}",
            _ => $"{way} sync of type {(uint)sync.Type}",
        };
    }

    /// <summary>A half-open interval.</summary>
    public static string Interval(ulong start, ulong end) => $"[0x{start:x}, 0x{end:x})";

    /// <summary>A number of bytes in the largest unit that leaves a whole part, with one digit after it where that is not exact.</summary>
    public static string Bytes(ulong bytes) => Bytes(bytes, BitOperations.Log2(bytes) / 10);

    /// <summary>A number of bytes in the largest unit that it is a multiple of, so that it can be held against others.</summary>
    public static string ExactBytes(ulong bytes) => Bytes(bytes, bytes == 0 ? 0 : BitOperations.TrailingZeroCount(bytes) / 10);

    private static string Bytes(ulong bytes, int unit)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
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
