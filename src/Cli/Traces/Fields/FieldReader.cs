using System.Buffers.Binary;
using System.Runtime.InteropServices;
using XePt.Uapi;

namespace XePt.Cli.Traces.Fields;

/// <summary>Takes structs of the uAPI to pieces; names, offsets and sizes come from <see cref="UapiTable"/>.</summary>
internal static class FieldReader
{
    /// <summary>The fields of a struct.</summary>
    /// <param name="structName">Its C name.</param>
    /// <param name="value">The struct.</param>
    public static StructField Of<T>(string structName, in T value)
        where T : unmanaged => Of(structName, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>The fields of the struct at the beginning of some bytes. A flexible array is left out.</summary>
    public static StructField Of(string structName, ReadOnlySpan<byte> bytes)
    {
        var fields = new List<KeyValuePair<string, FieldValue>>();
        foreach (UapiFieldInfo field in UapiStructs.Find(structName).Fields)
        {
            if (field.Size > 0)
                Add(fields, field.CName, Of(structName, field, bytes.Slice(field.Offset, field.Size)));
        }

        return new StructField(fields);
    }

    /// <summary>The elements of an array of structs, which fill the bytes.</summary>
    public static ListField ListOf(string structName, ReadOnlySpan<byte> bytes)
    {
        int size = UapiStructs.Find(structName).Size;
        var items = new FieldValue[bytes.Length / size];
        for (int i = 0; i < items.Length; i++)
            items[i] = Of(structName, bytes[(i * size)..]);
        return new ListField(items);
    }

    /// <summary>A number in little-endian bytes.</summary>
    public static UInt128 Number(ReadOnlySpan<byte> bytes)
    {
        Span<byte> number = stackalloc byte[16];
        number.Clear();
        bytes.CopyTo(number);
        return BinaryPrimitives.ReadUInt128LittleEndian(number);
    }

    /// <summary>Fields of an anonymous struct inside, <c>atomic.val</c>, become a struct of their own.</summary>
    private static void Add(List<KeyValuePair<string, FieldValue>> fields, string name, FieldValue value)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0)
        {
            fields.Add(KeyValuePair.Create(name, value));
            return;
        }

        // The struct as a whole comes first, as so many bytes.
        string outer = name[..dot];
        int at = fields.FindIndex(field => field.Key == outer);
        StructField begun = fields[at].Value as StructField ?? new StructField([]);
        fields[at] = KeyValuePair.Create<string, FieldValue>(outer, begun.With(name[(dot + 1)..], value));
    }

    private static FieldValue Of(string structName, UapiFieldInfo field, ReadOnlySpan<byte> bytes)
    {
        if (UapiStructs.Nested(structName, field.CName) is { } nested)
            return Of(nested, bytes);
        return field.Size is 1 or 2 or 4 or 8
            ? new NumberField((ulong)Number(bytes), FieldTexts.Find(structName, field.CName), IsWide: field.Size == sizeof(ulong))
            : new ListField([.. Words(bytes)]);
    }

    /// <summary>Reserved and padding words.</summary>
    private static List<FieldValue> Words(ReadOnlySpan<byte> bytes)
    {
        int size = bytes.Length % sizeof(ulong) == 0 ? sizeof(ulong) : sizeof(ushort);
        var words = new List<FieldValue>();
        for (int at = 0; at < bytes.Length; at += size)
            words.Add(new NumberField((ulong)Number(bytes.Slice(at, size)), IsWide: size == sizeof(ulong)));
        return words;
    }
}
