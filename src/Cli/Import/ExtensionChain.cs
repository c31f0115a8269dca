using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>The extensions of a recorded call, as far as the log has them.</summary>
internal sealed class ExtensionChain
{
    private const string Link = "drm_xe_ext_set_property";
    private const int Most = 64;

    private readonly List<byte[]> _links = [];
    private ulong _next;

    /// <summary>The whole chain is in the log.</summary>
    public bool IsWhole => _next == 0;

    /// <summary>The highest priority that an exec queue is to have; 0 where none is asked for.</summary>
    public ulong Priority => _links.Where(link => UapiBytes.Number(Link, "property", link) == (ulong)ExecQueueProperty.Priority)
        .Select(link => UapiBytes.Number(Link, "value", link)).DefaultIfEmpty().Max();

    /// <summary>Where the extensions of a call begin; 0 of a call that has none.</summary>
    public static ulong FirstOf(RecordedCall call) =>
        CallForm.Find(call.Request)?.Request is XeIoctl.GemCreate or XeIoctl.ExecQueueCreate ? UapiBytes.Number(call.In.AsSpan(0, 8)) : 0;

    /// <summary>The extensions of a call; null of a call that has none, or whose first one is not in the log.</summary>
    public static ExtensionChain? Of(RecordedCall call)
    {
        ulong first = FirstOf(call);
        if (first == 0)
            return null;
        var chain = new ExtensionChain { _next = first };
        while (chain._next != 0 && chain._links.Count < Most && call.Memory.TryGetValue(chain._next, out byte[]? link))
        {
            chain._links.Add(link);
            chain._next = UapiBytes.Number(link.AsSpan(0, 8));
        }

        // Not even the first could be read: its address stays what the record has.
        return chain._links.Count == 0 ? null : chain;
    }

    /// <summary>Writes them as a record names them.</summary>
    /// <param name="json">The record.</param>
    /// <param name="request">The call, which gives properties their names.</param>
    /// <param name="writeQueue">Writes a value that is a queue.</param>
    public void Write(Utf8JsonWriter json, uint request, Action<ulong> writeQueue)
    {
        json.WriteStartArray("extensions");
        for (int i = 0; i < _links.Count; i++)
        {
            ReadOnlySpan<byte> link = _links[i];
            json.WriteStartObject();
            WriteNumber(json, "name", UapiBytes.Number(link.Slice(8, 4)), "SET_PROPERTY");
            WriteNumber(json, "name_pad", UapiBytes.Number(link.Slice(12, 4)), null);
            ulong property = UapiBytes.Number(Link, "property", link), value = UapiBytes.Number(Link, "value", link);
            bool isOfQueue = CallForm.Find(request)?.Request == XeIoctl.ExecQueueCreate;
            WriteNumber(json, "property", property, NameOf(isOfQueue, property));
            WriteNumber(json, "pad", UapiBytes.Number(Link, "pad", link), null);
            if (isOfQueue && property == (ulong)ExecQueueProperty.MultiGroup && value <= uint.MaxValue)
                writeQueue(value);
            else
                json.WriteString("value", RecordWriter.Hex(value));
            if (i == _links.Count - 1 && _next != 0)
                json.WriteString("next_extension", RecordWriter.Hex(_next));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string field, ulong value, string? name)
    {
        if (name is not null && (field != "name" || value == 0))
            json.WriteString(field, name);
        else if (value != 0)
            json.WriteNumber(field, value);
    }

    private static string? NameOf(bool isOfQueue, ulong property)
    {
        Span<char> text = stackalloc char[64];
        int length;
        bool isKnown = isOfQueue
            ? ExecQueuePropertyTable.TryFormat((ExecQueueProperty)property, text, out length)
                && Enum.IsDefined((ExecQueueProperty)property)
            : GemCreatePropertyTable.TryFormat((GemCreateProperty)property, text, out length)
                && Enum.IsDefined((GemCreateProperty)property);
        return isKnown ? text[..length].ToString() : null;
    }
}
