using System.Buffers.Binary;
using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Processes;

/// <summary>Bytes as traces write them: hexadecimal digits, words of 64 bits, or a pattern that goes on over a size.</summary>
internal static class BytePattern
{
    /// <summary>Bytes that one record may read or write.</summary>
    public const int MaxBytes = 16 << 20;

    private const int MostShown = 16;

    /// <summary>Takes what is to be written: <c>bytes</c>, <c>words</c>, or <c>pattern</c> with <c>size</c>.</summary>
    public static byte[] Take(JsonFields fields)
    {
        string[] given = [.. ((string[])["bytes", "words", "pattern"]).Where(fields.Has)];
        if (given.Length != 1)
            throw new MalformedRecordException("what is written is one of 'bytes', 'words' and 'pattern'");
        JsonElement value = fields.Take(given[0]);
        byte[] content = given[0] == "words" ? Words(value) : Hex(value, given[0]);
        if (given[0] == "pattern")
            content = Repeat(content, TakeSize(fields));
        return content.Length is > 0 and <= MaxBytes
            ? content : throw new MalformedRecordException($"'{given[0]}': not 1 to {MaxBytes} bytes");
    }

    /// <summary>Takes how many bytes are meant.</summary>
    public static int TakeSize(JsonFields fields) => fields.Take("size").ToInt32("size", MaxBytes) is > 0 and var size
        ? size : throw new MalformedRecordException($"'size': not 1 to {MaxBytes} bytes");

    /// <summary>Bytes from pairs of digits.</summary>
    public static byte[] Hex(JsonElement value, string what)
    {
        string digits = value.ToText(what).Replace(" ", "", StringComparison.Ordinal);
        return digits.Length % 2 == 0 && digits.All(char.IsAsciiHexDigit)
            ? Convert.FromHexString(digits)
            : throw new MalformedRecordException($"'{what}': {JsonValues.Quote(value)} is not pairs of hexadecimal digits");
    }

    /// <summary>Bytes of words in little-endian order.</summary>
    public static byte[] Words(JsonElement value)
    {
        JsonElement[] words = value.ToArray("words");
        byte[] content = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
            BinaryPrimitives.WriteUInt64LittleEndian(content.AsSpan(i * sizeof(ulong)), words[i].ToField("words", sizeof(ulong)));
        return content;
    }

    /// <summary>A pattern over and over.</summary>
    public static byte[] Repeat(byte[] pattern, int size)
    {
        if (pattern.Length == 0)
            throw new MalformedRecordException("'pattern': it has no bytes");
        byte[] content = new byte[size];
        for (int i = 0; i < size; i += pattern.Length)
            pattern.AsSpan(0, Math.Min(pattern.Length, size - i)).CopyTo(content.AsSpan(i));
        return content;
    }

    /// <summary>The first bytes, for lists: <c>2a 00 00 00</c>.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder(3 * MostShown);
        foreach (byte value in bytes[..Math.Min(bytes.Length, MostShown)])
            text.Append(text.Length > 0 ? " " : "").Append(value.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        return bytes.Length > MostShown ? $"{text} ..." : text.ToString();
    }
}
