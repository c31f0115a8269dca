using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>A handle in a record: a number, or a name that is looked up when the record is played.</summary>
internal readonly record struct HandleRef(HandleKind Kind, string? Name, uint Number)
{
    /// <summary>Takes a handle that must be there.</summary>
    public static HandleRef Take(JsonFields fields, string field, HandleKind kind)
    {
        HandleRef handle = Of(fields.Take(field), field, kind);
        fields.Notes?.Note(field, handle);
        return handle;
    }

    /// <summary>A handle in a field.</summary>
    public static HandleRef Of(JsonElement value, string field, HandleKind kind) =>
        value.ValueKind == JsonValueKind.String && HandleNames.IsName(value.GetString()!)
            ? new HandleRef(kind, value.GetString(), 0)
            : new HandleRef(kind, null, (uint)value.ToField(field, sizeof(uint)));

    public uint Resolve(HandleNames names) => Name is null ? Number : names.Resolve(Name, Kind);
}
