using System.Collections.Frozen;
using XePt.Uapi;

namespace XePt.Cli.Traces.Fields;

/// <summary>The structs of the uAPI by C name, and which of their fields are structs of their own.</summary>
internal static class UapiStructs
{
    private static readonly FrozenDictionary<string, UapiStructInfo> Structs = UapiTable.Structs.ToFrozenDictionary(info => info.CName);

    private static readonly FrozenDictionary<(string Struct, string Field), string> NestedStructs = new Dictionary<(string, string), string>
    {
        [("drm_xe_engine", "instance")] = "drm_xe_engine_class_instance",
        [("drm_xe_query_engine_cycles", "eci")] = "drm_xe_engine_class_instance",
    }.ToFrozenDictionary();

    /// <summary>The struct of a C name, which must exist.</summary>
    public static UapiStructInfo Find(string structName) => Structs[structName];

    /// <summary>C name of the struct that a field is, or null for a number.</summary>
    public static string? Nested(string structName, string field) => NestedStructs.GetValueOrDefault((structName, field));
}
