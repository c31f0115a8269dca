using XePt.Cli.Input;

namespace XePt.Cli.Traces.Calls;

/// <summary>An array of handles in a record, by number or by name.</summary>
internal sealed class HandleList(HandleRef[] handles)
{
    /// <summary>Takes an array that must be there.</summary>
    public static HandleList Take(JsonFields fields, string field, HandleKind kind)
    {
        HandleRef[] handles = [.. fields.Take(field).ToArray(field).Select(value => HandleRef.Of(value, field, kind))];
        fields.Notes?.Note(field, handles);
        return new HandleList(handles);
    }

    public uint[] Resolve(HandleNames names) => [.. handles.Select(handle => handle.Resolve(names))];

    /// <summary>Takes an array of numbers, as the points beside handles are; empty when it is missing.</summary>
    public static ulong[] TakeNumbers(JsonFields fields, string field) =>
        fields.TryTake(field, out var value) ? [.. value.ToArray(field).Select(number => number.ToUInt64(field))] : [];
}
