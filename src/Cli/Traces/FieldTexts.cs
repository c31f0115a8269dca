using System.Collections.Frozen;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>Which fields of the uAPI structs may be written as names, and how the names are read.</summary>
internal static class FieldTexts
{
    /// <summary>Reads the text of a field; false when it has no such name.</summary>
    public delegate bool Parser(ReadOnlySpan<char> text, XeProfile profile, out ulong value);

    private const string PreferredLocation = "CONSULT_MEM_ADVISE_PREF_LOC";

    private delegate bool EnumParser<T>(ReadOnlySpan<char> text, out T value);

    private static readonly FrozenDictionary<(string Struct, string Field), Parser> Parsers = new Dictionary<(string, string), Parser>
    {
        [("drm_xe_vm_create", "flags")] = Of<VmCreateFlags>(VmCreateFlagsTable.TryParse),
        [("drm_xe_gem_create", "flags")] = Of<GemCreateFlags>(GemCreateFlagsTable.TryParse),
        [("drm_xe_gem_create", "cpu_caching")] = Of<CpuCaching>(CpuCachingTable.TryParse),
        [("drm_xe_vm_bind_op", "op")] = Of<VmBindOp>(VmBindOpTable.TryParse),
        [("drm_xe_vm_bind_op", "flags")] = TryParseBindFlags,
        [("drm_xe_vm_bind_op", "prefetch_mem_region_instance")] = TryParseRegion,
        [("drm_xe_exec_queue_create", "flags")] = Of<ExecQueueCreateFlags>(ExecQueueCreateFlagsTable.TryParse),
        [("drm_xe_engine_class_instance", "engine_class")] = Of<EngineClass>(EngineClassTable.TryParse),
        [("drm_xe_exec_queue_get_property", "property")] = Of<ExecQueueReadableProperty>(ExecQueueReadablePropertyTable.TryParse),
        [("drm_xe_exec_queue_set_property", "property")] = Of<ExecQueueProperty>(ExecQueuePropertyTable.TryParse),
        [("drm_xe_wait_user_fence", "op")] = Of<UserFenceWaitOp>(UserFenceWaitOpTable.TryParse),
        [("drm_xe_wait_user_fence", "flags")] = Of<UserFenceWaitFlags>(UserFenceWaitFlagsTable.TryParse),
        [("drm_syncobj_wait", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse),
        [("drm_syncobj_timeline_wait", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse),
        [("drm_syncobj_transfer", "flags")] = Of<SyncobjWaitFlags>(SyncobjWaitFlagsTable.TryParse),
        [("drm_xe_sync", "type")] = Of<SyncType>(SyncTypeTable.TryParse),
        [("drm_xe_sync", "flags")] = Of<SyncFlags>(SyncFlagsTable.TryParse),
    }.ToFrozenDictionary();

    /// <summary>The parser of a field that has names, or null.</summary>
    public static Parser? Find(string structName, string field) => Parsers.GetValueOrDefault((structName, field));

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

    private static bool TryParseRegion(ReadOnlySpan<char> text, XeProfile profile, out ulong value)
    {
        value = unchecked((uint)XeConstants.ConsultMemAdvisePrefLoc);
        return text.EndsWith(PreferredLocation, StringComparison.OrdinalIgnoreCase)
            || text is "-1"
            || (JsonValues.TryParse(text, out value) && value <= uint.MaxValue);
    }

    private static Parser Of<T>(EnumParser<T> parse)
        where T : struct, Enum => (ReadOnlySpan<char> text, XeProfile profile, out ulong value) =>
        {
            bool isParsed = parse(text, out T parsed);
            value = Convert.ToUInt64(parsed, System.Globalization.CultureInfo.InvariantCulture);
            return isParsed;
        };
}
