using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>
/// The fields of a record as the call takes them, for lists that programs read: names of handles replaced by their numbers, flags and enums
/// by name, other fields of 64 bits in hexadecimal.
/// </summary>
internal sealed class RecordFields
{
    /// <summary>What says about the record rather than about the call.</summary>
    private static readonly string[] NotOfCall = ["ioctl", "event", "expect", "comment"];

    /// <summary>Fields of events that are places or lengths, however they are written.</summary>
    private static readonly string[] Addresses = ["addr", "size", "start", "end", "new_addr", "new_size"];

    private readonly List<(string Name, Action<Utf8JsonWriter> Write)> _fields = [];
    private readonly List<Action<HandleNames>> _handles = [];

    /// <summary>Notes a field that is what it looks like.</summary>
    public void Note(string name, JsonElement value)
    {
        if (NotOfCall.Contains(name))
            return;
        if (Addresses.Contains(name) && value.ValueKind is JsonValueKind.Number or JsonValueKind.String)
        {
            ulong address = value.ToUInt64(name);
            Note(name, json => json.WriteHexValue(address));
            return;
        }

        JsonElement kept = value.Clone();
        Note(name, kept.WriteTo);
    }

    /// <summary>Notes a field, or what it is if it has been noted by its looks.</summary>
    public void Note(string name, Action<Utf8JsonWriter> write)
    {
        int known = _fields.FindIndex(field => field.Name == name);
        if (known < 0)
            _fields.Add((name, write));
        else
            _fields[known] = (name, write);
    }

    /// <summary>Notes a field that is a handle.</summary>
    public void Note(string name, HandleRef handle)
    {
        uint number = 0;
        _handles.Add(names => number = handle.Resolve(names));
        Note(name, json => json.WriteNumberValue(number));
    }

    /// <summary>Notes a field that is an array of handles.</summary>
    public void Note(string name, HandleRef[] handles)
    {
        uint[] numbers = [];
        _handles.Add(names => numbers = [.. handles.Select(handle => handle.Resolve(names))]);
        Note(name, json => json.WriteValues(numbers, number => json.WriteNumberValue(number)));
    }

    /// <summary>Looks names of handles up, which later records may give to others.</summary>
    public void Resolve(HandleNames names)
    {
        foreach (Action<HandleNames> resolve in _handles)
            resolve(names);
    }

    /// <summary>Writes an object with all of them, after the record has been played.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        foreach ((string field, Action<Utf8JsonWriter> write) in _fields)
        {
            json.WritePropertyName(field);
            write(json);
        }

        json.WriteEndObject();
    }
}
