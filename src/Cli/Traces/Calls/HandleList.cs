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

/// <summary>The array of syncobjs of a call: <c>handles</c>, and <c>count_handles</c> where it is not their number.</summary>
internal sealed record HandleArray(HandleList Handles, bool HasCount)
{
    public static HandleArray Take(JsonFields fields) =>
        new(HandleList.Take(fields, "handles", HandleKind.Syncobj), fields.Has("count_handles"));

    /// <summary>The handles that the driver reads: no more than the call says there are. Fewer stand for an array that cannot be
    /// read.</summary>
    /// <param name="names">Names of handles.</param>
    /// <param name="count">What the call says; where it says nothing, the number of the handles.</param>
    public uint[] Resolve(HandleNames names, ref uint count)
    {
        uint[] handles = Handles.Resolve(names);
        if (!HasCount)
            count = (uint)handles.Length;
        return [.. CallText.Counted(handles, count)];
    }
}
