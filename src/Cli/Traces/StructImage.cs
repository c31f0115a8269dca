using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>
/// The bytes of a uAPI struct, filled from JSON fields by their C names; names, offsets and sizes come from <see cref="UapiTable"/>.
/// Handles that are written as names are filled in when the call is played.
/// </summary>
internal sealed class StructImage
{
    private static readonly FrozenDictionary<(string Struct, string Field), HandleKind> HandleFields = new Dictionary<(string, string),
        HandleKind>
    {
        [("drm_xe_gem_create", "vm_id")] = HandleKind.Vm,
        [("drm_xe_gem_mmap_offset", "handle")] = HandleKind.Bo,
        [("drm_xe_madvise", "vm_id")] = HandleKind.Vm,
        [("drm_xe_vm_query_mem_range_attr", "vm_id")] = HandleKind.Vm,
        [("drm_xe_vm_destroy", "vm_id")] = HandleKind.Vm,
        [("drm_xe_vm_bind", "vm_id")] = HandleKind.Vm,
        [("drm_xe_vm_bind", "exec_queue_id")] = HandleKind.Queue,
        [("drm_xe_exec_queue_create", "vm_id")] = HandleKind.Vm,
        [("drm_xe_exec_queue_destroy", "exec_queue_id")] = HandleKind.Queue,
        [("drm_xe_exec_queue_get_property", "exec_queue_id")] = HandleKind.Queue,
        [("drm_xe_exec_queue_set_property", "exec_queue_id")] = HandleKind.Queue,
        [("drm_xe_exec", "exec_queue_id")] = HandleKind.Queue,
        [("drm_xe_wait_user_fence", "exec_queue_id")] = HandleKind.Queue,
        [("drm_gem_close", "handle")] = HandleKind.Bo,
        [("drm_prime_handle", "handle")] = HandleKind.Bo,
        [("drm_syncobj_destroy", "handle")] = HandleKind.Syncobj,
        [("drm_syncobj_handle", "handle")] = HandleKind.Syncobj,
        [("drm_syncobj_transfer", "src_handle")] = HandleKind.Syncobj,
        [("drm_syncobj_transfer", "dst_handle")] = HandleKind.Syncobj,
        [("drm_xe_vm_bind_op", "obj")] = HandleKind.Bo,
        [("drm_xe_sync", "handle")] = HandleKind.Syncobj,
    }.ToFrozenDictionary();

    private readonly byte[] _bytes;
    private readonly List<(int Offset, HandleRef Handle)> _handles = [];

    private readonly List<UapiFieldInfo> _given = [];
    private readonly string _structName;
    private readonly XeProfile _profile;

    private readonly int _sent;

    private StructImage(string structName, int size, int sent, XeProfile profile) =>
        (_structName, _bytes, _sent, _profile) = (structName, new byte[size], sent, profile);

    /// <summary>Takes all fields of a struct that are there; the others are 0.</summary>
    public static StructImage Read(string structName, JsonFields fields, XeProfile profile)
    {
        UapiStructInfo info = UapiStructs.Find(structName);
        var image = new StructImage(structName, info.Size, Math.Min(fields.ArgumentBytes ?? info.Size, info.Size), profile);
        var written = new string?[info.Size];
        foreach (UapiFieldInfo field in info.Fields)
        {
            if (!fields.TryTake(field.CName, out JsonElement value))
                continue;
            if (written[field.Offset] is { } other)
                throw new MalformedRecordException($"'{field.CName}' and '{other}' are the same bytes");
            Array.Fill(written, field.CName, field.Offset, field.Size);
            if (value.ValueKind == JsonValueKind.Object && PartsOf(info, field) is { Length: > 0 } parts)
                image.WriteParts(field, parts, value);
            else
                image.Write(structName, field, value, profile);
            image._given.Add(field);
            fields.Notes?.Note(field.CName, json => image.WriteValue(json, field));
        }

        return image;
    }

    /// <summary>Takes a field that is an array of structs; empty when it is missing or, as in C, the address of the array.</summary>
    public static StructImage[] ReadArray(string field, string structName, JsonFields fields, XeProfile profile)
    {
        if (fields.KindOf(field) is JsonValueKind.Undefined or JsonValueKind.Number or JsonValueKind.String)
            return [];

        StructImage[] images = [.. fields.Take(field).ToArray(field).Select((element, i) =>
        {
            var of = new JsonFields(element, $"{field}[{i}]");
            of.TakeText("comment");
            StructImage image = Read(structName, of, profile);
            of.End();
            return image;
        })];
        fields.Notes?.Note(field, json => json.WriteValues(images, image => image.WriteFields(json)));
        return images;
    }

    /// <summary>The struct, with names of handles replaced by their numbers.</summary>
    public T ToStruct<T>(HandleNames names)
        where T : unmanaged
    {
        foreach ((int offset, HandleRef handle) in _handles)
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), handle.Resolve(names));
        return ToStruct<T>();
    }

    /// <summary>The struct, of which no field may be a handle.</summary>
    public T ToStruct<T>()
        where T : unmanaged
    {
        var value = MemoryMarshal.Read<T>(_bytes);
        Cut(ref value);
        return value;
    }

    /// <summary>Clears what a request of a smaller size does not send, or get back: to be done with what has been filled in since, and with
    /// what the call has left.</summary>
    public void Cut<T>(ref T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value))[_sent..].Clear();

    /// <summary>Copies the bytes of a struct without handles, as many as there is room for.</summary>
    public void CopyTo(Span<byte> buffer) => _bytes.AsSpan(0, Math.Min(_bytes.Length, buffer.Length)).CopyTo(buffer);

    /// <summary>Writes the fields that the record gives, with names of handles replaced by their numbers, as an object.</summary>
    private void WriteFields(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (UapiFieldInfo field in _given)
        {
            json.WritePropertyName(field.CName);
            WriteValue(json, field);
        }

        json.WriteEndObject();
    }

    private void WriteValue(Utf8JsonWriter json, UapiFieldInfo field)
    {
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(field.Offset, field.Size);
        if (field.Size > sizeof(ulong))
        {
            json.WriteStringValue(Convert.ToHexStringLower(bytes));
            return;
        }

        Span<byte> word = stackalloc byte[sizeof(ulong)];
        bytes.CopyTo(word);
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(word);
        if (FieldTexts.Find(_structName, field.CName) is { } names)
            json.WriteStringValue(names.Format(value, _profile));
        else if (field.Size == sizeof(ulong))
            json.WriteHexValue(value);
        else
            json.WriteNumberValue(value);
    }

    private void Write(string structName, UapiFieldInfo field, JsonElement value, XeProfile profile)
    {
        if (value.ValueKind == JsonValueKind.Object && UapiStructs.Nested(structName, field.CName) is { } nested)
            WriteStruct(nested, field, value, profile);
        else if (value.ValueKind == JsonValueKind.Array)
            WriteElements(field, value);
        else if (field.Size > sizeof(ulong))
            throw new MalformedRecordException($"'{field.CName}': {JsonValues.Quote(value)} is not an array");
        else if (value.ValueKind == JsonValueKind.String)
            WriteText(structName, field, value, profile);
        else
            WriteNumber(field.Offset, field.Size, value.ToField(field.CName, field.Size));
    }

    private void WriteText(string structName, UapiFieldInfo field, JsonElement value, XeProfile profile)
    {
        string text = value.GetString()!;
        if (FieldTexts.Find(structName, field.CName) is { } names)
        {
            if (!names.TryParse(text, profile, out ulong number))
            {
                throw new MalformedRecordException(
                    $"'{field.CName}': unknown name or number in {JsonValues.Quote(value)}{names.Hint(text)}");
            }

            WriteNumber(field.Offset, field.Size, number);
        }
        else if (HandleFields.TryGetValue((structName, field.CName), out HandleKind kind) && HandleNames.IsName(text))
        {
            _handles.Add((field.Offset, new HandleRef(kind, text, 0)));
        }
        else
        {
            WriteNumber(field.Offset, field.Size, value.ToField(field.CName, field.Size));
        }
    }

    private void WriteStruct(string structName, UapiFieldInfo field, JsonElement value, XeProfile profile)
    {
        var inside = new JsonFields(value, field.CName);
        Read(structName, inside, profile).CopyTo(_bytes.AsSpan(field.Offset, field.Size));
        inside.End();
    }

    /// <summary>The fields of a struct inside the struct, which has no name of its own: <c>atomic.val</c> of <c>atomic</c>.</summary>
    private static UapiFieldInfo[] PartsOf(UapiStructInfo info, UapiFieldInfo field) =>
        [.. info.Fields.Where(part => part.CName.StartsWith($"{field.CName}.", StringComparison.Ordinal))];

    private void WriteParts(UapiFieldInfo field, UapiFieldInfo[] parts, JsonElement value)
    {
        var inside = new JsonFields(value, field.CName);
        foreach (UapiFieldInfo part in parts)
        {
            if (inside.TryTake(part.CName[(field.CName.Length + 1)..], out JsonElement given))
                Write(_structName, part, given, _profile);
        }

        inside.End();
    }

    /// <summary>Reserved and padding words.</summary>
    private void WriteElements(UapiFieldInfo field, JsonElement value)
    {
        JsonElement[] elements = value.ToArray(field.CName);
        if (elements.Length == 0 || field.Size % elements.Length != 0 || field.Size / elements.Length > sizeof(ulong))
            throw new MalformedRecordException($"'{field.CName}': {elements.Length} elements do not make {field.Size} bytes");

        int size = field.Size / elements.Length;
        for (int i = 0; i < elements.Length; i++)
            WriteNumber(field.Offset + (i * size), size, elements[i].ToField(field.CName, size));
    }

    private void WriteNumber(int offset, int size, ulong number)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(word, number);
        word[..size].CopyTo(_bytes.AsSpan(offset));
    }
}
