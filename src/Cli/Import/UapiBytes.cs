using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Fields of structs in memory, by C name.</summary>
internal static class UapiBytes
{
    private static readonly Dictionary<string, UapiStructInfo> s_structs = UapiTable.Structs.ToDictionary(info => info.CName);

    public static UapiStructInfo Layout(string name) => s_structs[name];

    /// <summary>A number of up to 8 bytes.</summary>
    public static ulong Number(string type, string field, ReadOnlySpan<byte> bytes)
    {
        UapiFieldInfo info = Layout(type).Fields.First(found => found.CName == field);
        return Number(bytes.Slice(info.Offset, info.Size));
    }

    public static ulong Number(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = Math.Min(bytes.Length, 8) - 1; i >= 0; i--)
            value = (value << 8) | bytes[i];
        return value;
    }
}
