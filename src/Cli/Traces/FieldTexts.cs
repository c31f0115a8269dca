using System.Collections.Frozen;
using System.Globalization;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>Which fields of the uAPI structs may be written as names, and how the names are read.</summary>
internal static class FieldTexts
{
    /// <summary>What <c>SELF</c> stands for until the call is made: the descriptor of the client's own file.</summary>
    public const uint OwnFile = int.MaxValue;

    private const string PreferredLocation = "CONSULT_MEM_ADVISE_PREF_LOC";

    private const int MaxNames = 256;

    private delegate bool EnumParser<T>(ReadOnlySpan<char> text, out T value);

    private delegate bool EnumFormatter<T>(T value, Span<char> destination, out int charsWritten);

    private static readonly FrozenDictionary<(string Struct, string Field), FieldNames> Fields = new Dictionary<(string, string),
        FieldNames>
    {
        [("drm_xe_vm_create", "flags")] = Of<VmCreateFlags>(VmCreateFlagsTable.TryParse, VmCreateFlagsTable.TryFormat),
        [("drm_xe_gem_create", "flags")] = Of<GemCreateFlags>(GemCreateFlagsTable.TryParse, GemCreateFlagsTable.TryFormat),
        [("drm_xe_gem_create", "cpu_caching")] = Of<CpuCaching>(CpuCachingTable.TryParse, CpuCachingTable.TryFormat),
        [("drm_xe_gem_create", "extensions.name")] = Of<GemCreateExtension>(
            GemCreateExtensionTable.TryParse, GemCreateExtensionTable.TryFormat),
        [("drm_xe_gem_create", "extensions.property")] = Of<GemCreateProperty>(
            GemCreatePropertyTable.TryParse, GemCreatePropertyTable.TryFormat),
        [("drm_xe_exec_queue_create", "extensions.name")] = Of<ExecQueueExtension>(
            ExecQueueExtensionTable.TryParse, ExecQueueExtensionTable.TryFormat),
        [("drm_xe_exec_queue_create", "extensions.property")] = Of<ExecQueueProperty>(
            ExecQueuePropertyTable.TryParse, ExecQueuePropertyTable.TryFormat),
        [("drm_xe_vm_bind_op", "op")] = Of<VmBindOp>(VmBindOpTable.TryParse, VmBindOpTable.TryFormat),
        [("drm_xe_vm_bind_op", "flags")] = new(
            TryParseBindFlags, FormatBindFlags,
            () => Enum.GetValues<VmBindFlags>().Select(flag => Format(flag, VmBindFlagsTable.TryFormat))),
        [("drm_xe_vm_bind_op", "prefetch_mem_region_instance")] = new(TryParseRegion, FormatRegion, () => [PreferredLocation]),
        [("drm_xe_exec_queue_create", "flags")] = Of<ExecQueueCreateFlags>(
            ExecQueueCreateFlagsTable.TryParse, ExecQueueCreateFlagsTable.TryFormat),
        [("drm_xe_engine_class_instance", "engine_class")] = Of<EngineClass>(EngineClassTable.TryParse, EngineClassTable.TryFormat),
        [("drm_xe_exec_queue_get_property", "property")] = Of<ExecQueueReadableProperty>(
            ExecQueueReadablePropertyTable.TryParse, ExecQueueReadablePropertyTable.TryFormat),
        [("drm_xe_exec_queue_set_property", "property")] = Of<ExecQueueProperty>(
            ExecQueuePropertyTable.TryParse, ExecQueuePropertyTable.TryFormat),
        [("drm_xe_wait_user_fence", "op")] = Of<UserFenceWaitOp>(UserFenceWaitOpTable.TryParse, UserFenceWaitOpTable.TryFormat),
        [("drm_xe_wait_user_fence", "flags")] = Of<UserFenceWaitFlags>(UserFenceWaitFlagsTable.TryParse, UserFenceWaitFlagsTable.TryFormat),
        [("drm_syncobj_create", "flags")] = Of<SyncobjCreateFlags>(SyncobjCreateFlagsTable.TryParse, SyncobjCreateFlagsTable.TryFormat),
        [("drm_syncobj_timeline_array", "flags")] = Of<SyncobjQueryFlags>(
            SyncobjQueryFlagsTable.TryParse, SyncobjQueryFlagsTable.TryFormat),
        [("drm_syncobj_wait", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse, SyncobjWaitFlagsTable.TryFormat),
        [("drm_syncobj_timeline_wait", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse, SyncobjWaitFlagsTable.TryFormat),
        [("drm_syncobj_transfer", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse, SyncobjWaitFlagsTable.TryFormat),
        [("drm_xe_gem_mmap_offset", "flags")] = Of<MmapOffsetFlags>(MmapOffsetFlagsTable.TryParse, MmapOffsetFlagsTable.TryFormat),
        [("drm_xe_device_query", "query")] = Of<DeviceQueryId>(DeviceQueryIdTable.TryParse, DeviceQueryIdTable.TryFormat),
        [("drm_xe_mem_region", "mem_class")] = Of<MemoryClass>(MemoryClassTable.TryParse, MemoryClassTable.TryFormat),
        [("drm_xe_gt", "type")] = Of<GtType>(GtTypeTable.TryParse, GtTypeTable.TryFormat),
        [("drm_xe_query_topology_mask", "type")] = Of<TopologyMaskType>(TopologyMaskTypeTable.TryParse, TopologyMaskTypeTable.TryFormat),
        [("drm_xe_query_engine_cycles", "clockid")] = Of<ClockId>(ClockIdTable.TryParse, ClockIdTable.TryFormat),
        [("drm_xe_query_uc_fw_version", "uc_type")] = Of<MicrocontrollerType>(
            MicrocontrollerTypeTable.TryParse, MicrocontrollerTypeTable.TryFormat),
        [("drm_xe_observation_param", "observation_type")] = Of<ObservationType>(
            ObservationTypeTable.TryParse, ObservationTypeTable.TryFormat),
        [("drm_xe_observation_param", "observation_op")] = Of<ObservationOp>(ObservationOpTable.TryParse, ObservationOpTable.TryFormat),
        [("drm_xe_madvise", "type")] = Of<MemRangeAttr>(MemRangeAttrTable.TryParse, MemRangeAttrTable.TryFormat),
        [("drm_xe_madvise", "preferred_mem_loc.devmem_fd")] = new(TryParseFile, FormatFile, () => ["SELF"]),
        [("drm_xe_madvise", "atomic.val")] = Of<AtomicAccess>(AtomicAccessTable.TryParse, AtomicAccessTable.TryFormat),
        [("drm_xe_madvise", "preferred_mem_loc.migration_policy")] = Of<MigrationPolicy>(
            MigrationPolicyTable.TryParse, MigrationPolicyTable.TryFormat),
        [("drm_xe_mem_range_attr", "atomic.val")] = Of<AtomicAccess>(AtomicAccessTable.TryParse, AtomicAccessTable.TryFormat),
        [("drm_prime_handle", "flags")] = Of<PrimeFlags>(PrimeFlagsTable.TryParse, PrimeFlagsTable.TryFormat),
        [("drm_syncobj_handle", "flags")] = Of<SyncobjFileFlags>(TryParseSyncFlags, SyncobjFileFlagsTable.TryFormat),
        [("drm_xe_sync", "type")] = Of<SyncType>(SyncTypeTable.TryParse, SyncTypeTable.TryFormat),
        [("drm_xe_sync", "flags")] = Of<SyncFlags>(SyncFlagsTable.TryParse, SyncFlagsTable.TryFormat),
    }.ToFrozenDictionary();

    /// <summary>The flags of the configuration, which are a word of an array.</summary>
    public static FieldNames ConfigFlags { get; } = Of<ConfigFlags>(ConfigFlagsTable.TryParse, ConfigFlagsTable.TryFormat);

    /// <summary>The names of a field that has some, or null.</summary>
    public static FieldNames? Find(string structName, string field) => Fields.GetValueOrDefault((structName, field));

    /// <summary>Reads bind flags. Names stand for the bit that the profile gives them, numbers for the bits they show (BIND-072).</summary>
    public static bool TryParseBindFlags(ReadOnlySpan<char> text, XeProfile profile, out ulong value)
    {
        value = 0;
        foreach (Range range in text.Split('|'))
        {
            ReadOnlySpan<char> part = text[range].Trim();
            if (!VmBindFlagsTable.TryParse(part, out VmBindFlags flag))
                return false;
            bool isNumber = !part.IsEmpty && char.IsAsciiDigit(part[0]);
            value |= isNumber ? (uint)flag : VmBindFlagsTable.ToRaw(flag, profile);
        }

        return true;
    }

    /// <summary>The flags have other names in the other direction.</summary>
    private static bool TryParseSyncFlags(ReadOnlySpan<char> text, out SyncobjFileFlags flags) => SyncobjFileFlagsTable.TryParse(
        text.ToString().Replace("FD_TO_HANDLE", "HANDLE_TO_FD", StringComparison.OrdinalIgnoreCase)
            .Replace("IMPORT_", "EXPORT_", StringComparison.OrdinalIgnoreCase), out flags);

    private static bool TryParseRegion(ReadOnlySpan<char> text, XeProfile profile, out ulong value)
    {
        value = unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc);
        return text.EndsWith(PreferredLocation, StringComparison.OrdinalIgnoreCase)
            || text is "-1"
            || (JsonValues.TryParse(text, out value) && value <= uint.MaxValue);
    }

    private static string FormatBindFlags(ulong value, XeProfile profile) =>
        Format(VmBindFlagsTable.Normalize((uint)value, profile), VmBindFlagsTable.TryFormat);

    private static bool TryParseFile(ReadOnlySpan<char> text, XeProfile profile, out ulong value)
    {
        value = OwnFile;
        bool isSelf = text.Equals("SELF", StringComparison.OrdinalIgnoreCase);
        if (!isSelf && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            value = (uint)number;
            return true;
        }

        return isSelf || (JsonValues.TryParse(text, out value) && value <= uint.MaxValue);
    }

    private static string FormatFile(ulong value, XeProfile profile) =>
        value == OwnFile ? "SELF" : ((int)value).ToString(CultureInfo.InvariantCulture);

    private static string FormatRegion(ulong value, XeProfile profile) =>
        value == unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc) ? PreferredLocation
        : value.ToString(CultureInfo.InvariantCulture);

    private static FieldNames Of<T>(EnumParser<T> parse, EnumFormatter<T> format)
        where T : struct, Enum => new(
            (ReadOnlySpan<char> text, XeProfile profile, out ulong value) =>
            {
                bool isParsed = parse(text, out T parsed);
                value = Convert.ToUInt64(parsed, CultureInfo.InvariantCulture);
                return isParsed;
            },
            (value, _) => Format((T)Enum.ToObject(typeof(T), value), format),
            () => Enum.GetValues<T>().Select(value => Format(value, format)));

    private static string Format<T>(T value, EnumFormatter<T> format)
    {
        Span<char> text = stackalloc char[MaxNames];
        format(value, text, out int length);
        return text[..length].ToString();
    }
}

/// <summary>How a field is written in names.</summary>
/// <param name="TryParse">Reads it; false when it has no such name.</param>
/// <param name="Format">Writes it; what has no name is a number.</param>
/// <param name="All">The names.</param>
internal sealed record FieldNames(FieldNames.Parser TryParse, Func<ulong, XeProfile, string> Format, Func<IEnumerable<string>> All)
{
    public delegate bool Parser(ReadOnlySpan<char> text, XeProfile profile, out ulong value);

    /// <summary>What is meant by a text that has a mistyped name: the end of a message, or nothing.</summary>
    public string Hint(string text) => text.Split('|', StringSplitOptions.TrimEntries)
        .Where(part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && !All().Contains(part, StringComparer.OrdinalIgnoreCase))
        .Select(part => NearestName.Hint(part, All()))
        .FirstOrDefault(hint => hint.Length > 0, "");
}
