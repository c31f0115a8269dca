using System.Text.Json;

namespace XePt.Cli.Input;

/// <summary>The fields of one JSON object, each taken once; what is left over at the end is unknown and therefore an error.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly string _what;
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    /// <param name="what">What the object is, for messages.</param>
    public JsonFields(JsonElement value, string what)
    {
        _what = what;
        if (value.ValueKind != JsonValueKind.Object)
            throw new MalformedRecordException($"{what}: {JsonValues.Quote(value)} is not an object");
        foreach (JsonProperty field in value.EnumerateObject())
        {
            if (!_left.TryAdd(field.Name, field.Value))
                throw new MalformedRecordException($"{what}: '{field.Name}' is there twice");
        }
    }

    /// <summary>Where taken fields are noted, or null.</summary>
    public Traces.RecordFields? Notes { get; init; }

    /// <summary>Bytes of the argument that the request of an ioctl names; null for those of its struct.</summary>
    public int? ArgumentBytes { get; set; }

    /// <summary>Whether a field is there and has not been taken.</summary>
    public bool Has(string name) => _left.ContainsKey(name);

    /// <summary>Looks at a field without taking it.</summary>
    public JsonValueKind KindOf(string name) => _left.TryGetValue(name, out JsonElement value) ? value.ValueKind : JsonValueKind.Undefined;

    /// <summary>Looks at a field that may be missing.</summary>
    public bool TryPeek(string name, out JsonElement value) => _left.TryGetValue(name, out value);

    /// <summary>Takes a field that may be missing.</summary>
    public bool TryTake(string name, out JsonElement value)
    {
        _asked.Add(name);
        bool isThere = _left.Remove(name, out value);
        if (isThere)
            Notes?.Note(name, value);
        return isThere;
    }

    /// <summary>Takes a field that must be there.</summary>
    public JsonElement Take(string name) => TryTake(name, out JsonElement value) ? value : throw Missing(name);

    /// <summary>Looks whether a field is there that somebody else is to take.</summary>
    public void Require(string name)
    {
        if (!Has(name))
            throw Missing(name);
    }

    /// <summary>Takes a number that may be missing.</summary>
    public ulong TakeUInt64(string name, ulong otherwise) => TryTake(name, out JsonElement value) ? value.ToUInt64(name) : otherwise;

    /// <summary>Takes a switch that may be missing.</summary>
    public bool TakeBool(string name, bool otherwise = false) => TryTake(name, out JsonElement value) ? value.ToBool(name) : otherwise;

    /// <summary>Takes a text that may be missing.</summary>
    public string? TakeText(string name) => TryTake(name, out JsonElement value) ? value.ToText(name) : null;

    /// <summary>No more fields are expected.</summary>
    public void End()
    {
        foreach (string name in _left.Keys)
            throw new MalformedRecordException($"{_what}: unknown field '{name}'{Console.NearestName.Hint(name, _asked)}");
    }

    private MalformedRecordException Missing(string name) => new($"{_what}: '{name}' is missing");
}
