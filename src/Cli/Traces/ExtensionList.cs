using System.Buffers.Binary;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>The extensions of a call as a record names them. They lie in the client's memory, as a chain, while the call runs.</summary>
internal sealed class ExtensionList
{
    private const string Field = "extensions";
    private const int NextAt = 0, NameAt = 8, NamePadAt = 12, PropertyAt = 16, PadAt = 20, ValueAt = 24, ReservedAt = 32;
    private const int Size = 48;

    private readonly List<Link> _links = [];
    private readonly FieldNames _names;
    private readonly FieldNames _properties;
    private readonly XeProfile _profile;

    private ExtensionList(string structName, XeProfile profile) => (_names, _properties, _profile) =
        (FieldTexts.Find(structName, $"{Field}.name")!, FieldTexts.Find(structName, $"{Field}.property")!, profile);

    private sealed record Link(byte[] Bytes, HandleRef? Queue);

    /// <summary>Takes the extensions of a struct if they are written as an array; null when they are an address, or missing.</summary>
    public static ExtensionList? Take(string structName, JsonFields fields, XeProfile profile)
    {
        if (fields.KindOf(Field) != JsonValueKind.Array)
            return null;
        var list = new ExtensionList(structName, profile);
        JsonElement[] elements = fields.Take(Field).ToArray(Field);
        if (elements.Length > TraceMemory.LongestChain)
            throw new MalformedRecordException($"'{Field}': at most {TraceMemory.LongestChain} of them");
        for (int i = 0; i < elements.Length; i++)
        {
            var of = new JsonFields(elements[i], $"{Field}[{i}]");
            list.Read(of, isLast: i == elements.Length - 1);
            of.End();
        }

        fields.Notes?.Note(Field, json => json.WriteValues(list._links, link => list.Write(json, link)));
        return list;
    }

    /// <summary>Lays them into the client's memory until the call is over.</summary>
    /// <param name="address">Where the chain begins; 0 when there are none.</param>
    public TraceMemory.Chain Lay(TracePlayer player, out ulong address)
    {
        var bytes = new byte[_links.Count * Size];
        address = bytes.Length == 0 ? 0 : TraceMemory.ChainStart;
        for (int i = 0; i < _links.Count; i++)
        {
            Span<byte> link = bytes.AsSpan(i * Size, Size);
            _links[i].Bytes.CopyTo(link);
            if (i < _links.Count - 1)
                BinaryPrimitives.WriteUInt64LittleEndian(link, TraceMemory.ChainStart + ((ulong)(i + 1) * Size));
            if (_links[i].Queue is { } queue)
                BinaryPrimitives.WriteUInt64LittleEndian(link[ValueAt..], queue.Resolve(player.Names));
        }

        return player.Memory.Lay(bytes);
    }

    /// <summary>There are none.</summary>
    public bool IsEmpty => _links.Count == 0;

    /// <summary>In a few words: <c>PRIORITY 2, TIMESLICE 500</c>.</summary>
    public override string ToString() => string.Join(", ", _links.Select(link =>
        Number(link, NameAt, 4) != 0 ? _names.Format(Number(link, NameAt, 4), _profile)
        : $"{_properties.Format(Number(link, PropertyAt, 4), _profile)} {ValueText(link)}"));

    private void Read(JsonFields fields, bool isLast)
    {
        fields.TakeText("comment");
        var bytes = new byte[Size];
        HandleRef? queue = null;
        if (fields.TryTake("next_extension", out JsonElement next))
        {
            if (!isLast)
                throw new MalformedRecordException("'next_extension': only the last one goes on elsewhere");
            Put(bytes, NextAt, 8, next.ToUInt64("next_extension"));
        }

        Put(bytes, NameAt, 4, Text(fields, "name", _names));
        Put(bytes, PropertyAt, 4, Text(fields, "property", _properties));
        Put(bytes, NamePadAt, 4, Word(fields, "name_pad"));
        Put(bytes, PadAt, 4, Word(fields, "pad"));
        if (fields.TryTake("value", out JsonElement value))
        {
            if (value.ValueKind == JsonValueKind.String && HandleNames.IsName(value.GetString()!))
                queue = HandleRef.Of(value, "value", HandleKind.Queue);
            else
                Put(bytes, ValueAt, 8, value.ToField("value", sizeof(ulong)));
        }
        else if (fields.TryTake("ptr", out JsonElement pointer))
        {
            Put(bytes, ValueAt, 8, pointer.ToUInt64("ptr"));
        }

        if (fields.TryTake("reserved", out JsonElement reserved))
        {
            JsonElement[] words = reserved.ToArray("reserved");
            if (words.Length > 2)
                throw new MalformedRecordException("'reserved': two words");
            for (int i = 0; i < words.Length; i++)
                Put(bytes, ReservedAt + (8 * i), 8, words[i].ToField("reserved", sizeof(ulong)));
        }

        _links.Add(new Link(bytes, queue));
    }

    private ulong Text(JsonFields fields, string field, FieldNames names)
    {
        if (!fields.TryTake(field, out JsonElement value))
            return 0;
        if (value.ValueKind != JsonValueKind.String)
            return value.ToField(field, sizeof(uint));
        string text = value.GetString()!;
        return names.TryParse(text, _profile, out ulong number)
            ? number
            : throw new MalformedRecordException(
                $"'{field}': unknown name or number in {JsonValues.Quote(value)}{names.Hint(text)}");
    }

    private static ulong Word(JsonFields fields, string field) =>
        fields.TryTake(field, out JsonElement value) ? value.ToField(field, sizeof(uint)) : 0;

    private void Write(Utf8JsonWriter json, Link link)
    {
        json.WriteStartObject();
        json.WriteString("name", _names.Format(Number(link, NameAt, 4), _profile));
        json.WriteString("property", _properties.Format(Number(link, PropertyAt, 4), _profile));
        if (link.Queue is { Name: { } name })
            json.WriteString("value", name);
        else
            json.WriteHex("value", Number(link, ValueAt, 8));
        json.WriteEndObject();
    }

    private static string ValueText(Link link)
    {
        ulong value = Number(link, ValueAt, 8);
        return link.Queue?.Name ?? (value < 10_000 ? $"{value}" : $"0x{value:x}");
    }

    private static ulong Number(Link link, int at, int size) => size == 4
        ? BinaryPrimitives.ReadUInt32LittleEndian(link.Bytes.AsSpan(at))
        : BinaryPrimitives.ReadUInt64LittleEndian(link.Bytes.AsSpan(at));

    private static void Put(byte[] bytes, int at, int size, ulong value)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, value);
        word[..size].CopyTo(bytes.AsSpan(at));
    }
}
