using System.Globalization;
using System.Text;
using System.Text.Json;
using XePt.Cli.Traces.Fields;
using XePt.Uapi;

namespace XePt.Cli.Import;

/// <summary>Writes a recorded call as a record of a trace: what is not zero, by C names; enums and flags by theirs; handles by the names
/// that their makers get.</summary>
internal sealed class RecordWriter
{
    private delegate bool Formatter(ulong value, Span<char> text, out int length);

    private static readonly Dictionary<string, Formatter> s_texts = new()
    {
        ["drm_xe_vm_create.flags"] = (ulong v, Span<char> t, out int n) => VmCreateFlagsTable.TryFormat((VmCreateFlags)v, t, out n),
        ["drm_xe_gem_create.flags"] = (ulong v, Span<char> t, out int n) => GemCreateFlagsTable.TryFormat((GemCreateFlags)v, t, out n),
        ["drm_xe_gem_create.cpu_caching"] = (ulong v, Span<char> t, out int n) => CpuCachingTable.TryFormat((CpuCaching)v, t, out n),
        ["drm_xe_vm_bind_op.op"] = (ulong v, Span<char> t, out int n) => VmBindOpTable.TryFormat((VmBindOp)v, t, out n),
        ["drm_xe_vm_bind_op.flags"] = (ulong v, Span<char> t, out int n) => VmBindFlagsTable.TryFormat((VmBindFlags)v, t, out n),
        ["drm_xe_sync.type"] = (ulong v, Span<char> t, out int n) => SyncTypeTable.TryFormat((SyncType)v, t, out n),
        ["drm_xe_sync.flags"] = (ulong v, Span<char> t, out int n) => SyncFlagsTable.TryFormat((SyncFlags)v, t, out n),
        ["drm_xe_device_query.query"] = (ulong v, Span<char> t, out int n) => DeviceQueryIdTable.TryFormat((DeviceQueryId)v, t, out n),
        ["drm_xe_madvise.type"] = (ulong v, Span<char> t, out int n) => MemRangeAttrTable.TryFormat((MemRangeAttr)v, t, out n),
        ["drm_xe_madvise.atomic.val"] = (ulong v, Span<char> t, out int n) => AtomicAccessTable.TryFormat((AtomicAccess)v, t, out n),
        ["drm_prime_handle.flags"] = (ulong v, Span<char> t, out int n) => PrimeFlagsTable.TryFormat((PrimeFlags)v, t, out n),
        ["drm_xe_engine_class_instance.engine_class"] =
            (ulong v, Span<char> t, out int n) => EngineClassTable.TryFormat((EngineClass)v, t, out n),
    };

    // Shown even when they are 0: their text says something then, or a record has to have them.
    private static readonly HashSet<string> s_always =
    [
        "drm_xe_vm_bind_op.op", "drm_xe_device_query.query", "drm_xe_device_query.size", "drm_xe_madvise.type", "drm_gem_close.handle",
        "drm_syncobj_handle.handle", "drm_syncobj_destroy.handle",
    ];

    // Of the structs of queries what the driver reads; the rest is its answer.
    private static readonly HashSet<string> s_asked = ["eci", "clockid", "uc_type"];

    private readonly HashSet<string> _made = [];

    /// <summary>The record, as one line.</summary>
    /// <param name="form">How the call is written.</param>
    /// <param name="call">The call.</param>
    /// <param name="client">Name of the client; null for the first.</param>
    /// <param name="descriptor">Name of the descriptor that it takes or makes, or of the client whose file it names.</param>
    public string Write(CallForm form, RecordedCall call, string? client, string? descriptor) => Json(json =>
    {
        json.WriteString("ioctl", form.Name);
        if (client is not null)
            json.WriteString("client", client);
        if (XeIoctl.SizeOf(call.Request) is int sent && sent != UapiBytes.Layout(form.Struct).Size)
            json.WriteNumber("arg_size", sent);
        ExtensionChain? extensions = ExtensionChain.Of(call);
        IEnumerable<string> omits = extensions is null ? form.Omits : form.Omits.Append("extensions");
        bool fillsOther = form.Struct == "drm_syncobj_handle" && form.Makes is not null
            && (UapiBytes.Number(form.Struct, "flags", call.In) & (ulong)SyncobjFileFlags.SyncFile) != 0;
        WriteFields(json, form.Struct, call.In, [.. form.Makes is { } made && !fillsOther ? omits.Append(made.Field) : omits]);
        extensions?.Write(json, call.Request, queue => WriteHandle(json, "value", HandleKind.Queue, queue));
        if (form.Descriptor == DescriptorUse.Takes)
            json.WriteString("fd", descriptor);
        foreach (ArrayForm array in form.Arrays)
            WriteArray(json, form, array, call);
        if (form.Request == XeIoctl.DeviceQuery)
            WriteQuestion(json, form, call);
        if (form.Makes is { } makes && call.Errno == 0 && !fillsOther)
        {
            string name = NameOf(makes.Kind, UapiBytes.Number(form.Struct, makes.Field, call.Out));
            _made.Add(name);
            json.WriteString("as", name);
        }

        if (form.Descriptor == DescriptorUse.Makes && call.Errno == 0)
            json.WriteString("as", descriptor);

        // No device of a replay has anything to observe.
        bool hasOthers = call.Request == XeIoctl.Observation && call.Errno == 0;
        if (!form.Waits && !hasOthers)
        {
            json.WriteStartObject("expect");
            if (Enum.IsDefined((Errno)call.Errno) && call.Errno != 0)
                json.WriteString("errno", ((Errno)call.Errno).ToString());
            else
                json.WriteNumber("errno", call.Errno);
            json.WriteEndObject();
        }
    });

    /// <summary>A record of its own making, as one line.</summary>
    public static string Json(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The bytes of an array, element after element; null when the log does not have them.</summary>
    public static byte[]? ArrayBytes(CallForm form, ArrayForm array, RecordedCall call, out ulong count)
    {
        count = UapiBytes.Number(form.Struct, array.Count, call.In);
        if (array.Times is { } times)
            count *= UapiBytes.Number(form.Struct, times, call.In);
        int size = array.Struct is { } type ? UapiBytes.Layout(type).Size : array.ElementBytes;
        if (count == 1 && array.Inline is { } inline)
        {
            UapiFieldInfo place = UapiBytes.Layout(form.Struct).Fields.First(field => field.CName == inline);
            return call.In.AsSpan(place.Offset, size).ToArray();
        }

        ulong address = UapiBytes.Number(form.Struct, array.Address, call.In);
        return call.Memory.TryGetValue(address, out byte[]? bytes) && (ulong)bytes.Length >= count * (ulong)size ? bytes : null;
    }

    private void WriteArray(Utf8JsonWriter json, CallForm form, ArrayForm array, RecordedCall call)
    {
        byte[]? bytes = ArrayBytes(form, array, call, out ulong count);
        if (count == 0 || bytes is null)
        {
            WriteNoArray(json, array, count);
            return;
        }

        if (array is { Struct: null, Inline: not null } && count == 1)
        {
            json.WriteString(array.Name, Hex(UapiBytes.Number(bytes)));
            return;
        }

        json.WriteStartArray(array.Name);
        int size = array.Struct is { } type ? UapiBytes.Layout(type).Size : array.ElementBytes;
        for (int i = 0; i < (int)count; i++)
        {
            ReadOnlySpan<byte> element = bytes.AsSpan(i * size, size);
            if (array.Struct is { } name)
            {
                json.WriteStartObject();
                WriteFields(json, name, element, []);
                json.WriteEndObject();
            }
            else if (array.Kind != HandleKind.None)
            {
                WriteHandle(json, null, array.Kind, UapiBytes.Number(element));
            }
            else
            {
                json.WriteStringValue(Hex(UapiBytes.Number(element)));
            }
        }

        json.WriteEndArray();
    }

    /// <summary>What some queries read from the buffer of their answer, which has it afterwards, too.</summary>
    private void WriteQuestion(Utf8JsonWriter json, CallForm form, RecordedCall call)
    {
        var query = (DeviceQueryId)UapiBytes.Number(form.Struct, "query", call.In);
        if (QueryFields.QuestionOf(query) is not { } type
            || !call.Memory.TryGetValue(UapiBytes.Number(form.Struct, "data", call.In), out byte[]? bytes)
            || bytes.Length < UapiBytes.Layout(type).Size)
        {
            return;
        }

        json.WriteStartObject("in");
        IEnumerable<string> fields = UapiBytes.Layout(type).Fields.Select(field => field.CName);
        WriteFields(json, type, bytes, [.. fields.Where(name => !s_asked.Contains(name))]);
        json.WriteEndObject();
    }

    /// <summary>An array that has no elements, or whose elements cannot be read.</summary>
    private static void WriteNoArray(Utf8JsonWriter json, ArrayForm array, ulong count)
    {
        bool isOfHandles = array.Kind != HandleKind.None;
        if (count > 0 && (isOfHandles || array.Count is "num_binds" or "num_syncs"))
            json.WriteNumber(array.Count, count);
        if (!isOfHandles)
            return;
        json.WriteStartArray(array.Name);
        json.WriteEndArray();
    }

    private void WriteFields(Utf8JsonWriter json, string type, ReadOnlySpan<byte> bytes, IReadOnlyList<string> omits)
    {
        foreach (UapiFieldInfo field in UapiBytes.Layout(type).Fields)
        {
            ReadOnlySpan<byte> at = bytes.Slice(field.Offset, field.Size);
            string name = $"{type}.{field.CName}";
            if (field.CName.Contains('.', StringComparison.Ordinal))
                continue;
            bool saysNothing = at.IndexOfAnyExcept((byte)0) < 0 && !s_always.Contains(name);
            if (saysNothing || omits.Contains(field.CName) || !IsTheArm(type, field.CName, bytes))
                continue;
            ulong value = UapiBytes.Number(at);
            if (UapiBytes.Layout(type).Fields.Any(part => part.CName.StartsWith($"{field.CName}.", StringComparison.Ordinal)))
                WriteParts(json, type, field.CName, bytes);
            else if (field.CName == "eci")
                WriteEngine(json, field.CName, at);
            else if (field.Size > 8)
                WriteWords(json, field.CName, at);
            else if (KindOf(type, field.CName) is var kind and not HandleKind.None)
                WriteHandle(json, field.CName, kind, value);
            else if (s_texts.TryGetValue(name, out Formatter? format))
                json.WriteString(field.CName, Text(format, value));
            else if (value > 9)
                json.WriteString(field.CName, Hex(value));
            else
                json.WriteNumber(field.CName, value);
        }
    }

    /// <summary>Writes a struct inside a struct.</summary>
    private static void WriteParts(Utf8JsonWriter json, string type, string field, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartObject(field);
        foreach (UapiFieldInfo part in UapiBytes.Layout(type).Fields.Where(
            part => part.CName.StartsWith($"{field}.", StringComparison.Ordinal)))
        {
            ulong value = UapiBytes.Number(bytes.Slice(part.Offset, part.Size));
            string name = part.CName[(field.Length + 1)..];
            if (value == 0)
                continue;
            if (part.CName == "preferred_mem_loc.devmem_fd" && (int)value > 0)
                json.WriteString(name, "SELF");
            else if (s_texts.TryGetValue($"{type}.{part.CName}", out Formatter? format))
                json.WriteString(name, Text(format, value));
            else
                json.WriteString(name, Hex(value));
        }

        json.WriteEndObject();
    }

    /// <summary>Of a union only the arm that counts is written.</summary>
    private static bool IsTheArm(string type, string field, ReadOnlySpan<byte> bytes) => (type, field) switch
    {
        ("drm_xe_vm_bind_op", "userptr") => IsUserptr(bytes),
        ("drm_xe_vm_bind_op", "obj_offset") => !IsUserptr(bytes),
        ("drm_xe_vm_bind_op", "cpu_addr_mirror_offset") => false,
        ("drm_xe_madvise", "preferred_mem_loc") => MadviseType(bytes) == MemRangeAttr.PreferredLoc,
        ("drm_xe_madvise", "atomic") => MadviseType(bytes) == MemRangeAttr.Atomic,
        ("drm_xe_madvise", "pat_index") => MadviseType(bytes) == MemRangeAttr.Pat,
        ("drm_xe_sync", "addr") => IsUserFence(bytes),
        ("drm_xe_sync", "handle") => !IsUserFence(bytes),
        _ => true,
    };

    private static MemRangeAttr MadviseType(ReadOnlySpan<byte> args) =>
        (MemRangeAttr)UapiBytes.Number("drm_xe_madvise", "type", args);

    public static bool IsUserptr(ReadOnlySpan<byte> op) => UapiBytes.Number("drm_xe_vm_bind_op", "op", op) == (ulong)VmBindOp.MapUserptr;

    public static bool IsUserFence(ReadOnlySpan<byte> sync) => UapiBytes.Number("drm_xe_sync", "type", sync) == (ulong)SyncType.UserFence;

    private static HandleKind KindOf(string type, string field) => field switch
    {
        "vm_id" => HandleKind.Vm,
        "exec_queue_id" => HandleKind.Queue,
        "obj" => HandleKind.Bo,
        "handle" when type is "drm_gem_close" or "drm_xe_gem_mmap_offset" or "drm_prime_handle" => HandleKind.Bo,
        "handle" or "src_handle" or "dst_handle" => HandleKind.Syncobj,
        _ => HandleKind.None,
    };

    private void WriteEngine(Utf8JsonWriter json, string field, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartObject(field);
        WriteFields(json, "drm_xe_engine_class_instance", bytes, []);
        json.WriteEndObject();
    }

    private static void WriteWords(Utf8JsonWriter json, string field, ReadOnlySpan<byte> bytes)
    {
        json.WriteStartArray(field);
        for (int i = 0; i < bytes.Length; i += 8)
            json.WriteStringValue(Hex(UapiBytes.Number(bytes[i..])));
        json.WriteEndArray();
    }

    /// <summary>Writes a queue, by its name if a record has made it.</summary>
    public void WriteQueue(Utf8JsonWriter json, string field, ulong queue) => WriteHandle(json, field, HandleKind.Queue, queue);

    /// <summary>Writes a VM, likewise.</summary>
    public void WriteVm(Utf8JsonWriter json, string field, ulong vm) => WriteHandle(json, field, HandleKind.Vm, vm);

    private void WriteHandle(Utf8JsonWriter json, string? field, HandleKind kind, ulong handle)
    {
        if (field is not null)
            json.WritePropertyName(field);
        string name = NameOf(kind, handle);
        if (_made.Contains(name))
            json.WriteStringValue(name);
        else
            json.WriteNumberValue(handle);
    }

    private static string NameOf(HandleKind kind, ulong handle) => $"{kind.ToString().ToLowerInvariant()}{handle}";

    private static string Text(Formatter format, ulong value)
    {
        Span<char> text = stackalloc char[256];
        return format(value, text, out int length) ? text[..length].ToString() : Hex(value);
    }
}
