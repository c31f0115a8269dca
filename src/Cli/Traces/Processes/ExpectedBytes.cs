using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Traces.Processes;

/// <summary>The bytes that a record should read: all of them, or a pattern that they repeat.</summary>
/// <param name="Content">The bytes.</param>
/// <param name="IsPattern">They go on over and over.</param>
internal sealed record ExpectedBytes(byte[] Content, bool IsPattern)
{
    /// <summary>Takes <c>bytes</c>, <c>words</c> or <c>pattern</c>; null when there is none of them.</summary>
    public static ExpectedBytes? Take(JsonFields fields)
    {
        string? name = ((string[])["bytes", "words", "pattern"]).FirstOrDefault(fields.Has);
        if (name is null)
            return null;
        JsonElement value = fields.Take(name);
        byte[] content = name == "words" ? BytePattern.Words(value) : BytePattern.Hex(value, name);
        return content.Length > 0
            ? new ExpectedBytes(content, name == "pattern") : throw new MalformedRecordException($"'{name}': no byte is expected");
    }

    /// <summary>Says where what was read differs first.</summary>
    /// <param name="result">What came of the record.</param>
    /// <param name="differences">Receives a sentence.</param>
    /// <exception cref="MalformedRecordException">Records of its kind read nothing.</exception>
    public void Compare(in CallResult result, List<string> differences)
    {
        if (result.Bytes is not { } read)
        {
            differences.Add(result.Errno != Errno.Ok
                ? $"expected bytes, got {ErrnoText.Of(result.Errno)}"
                : throw new MalformedRecordException("'expect': the record reads no bytes"));
            return;
        }

        if (!IsPattern && read.Length != Content.Length)
        {
            differences.Add($"expected {Content.Length} bytes, got {read.Length}");
            return;
        }

        for (int i = 0; i < read.Length; i++)
        {
            if (read[i] == Content[i % Content.Length])
                continue;
            ReadOnlySpan<byte> expected = BytePattern.Repeat(Content, read.Length).AsSpan(i);
            differences.Add($"expected bytes {BytePattern.Text(expected)} from byte {i} on, got {BytePattern.Text(read.AsSpan(i))}");
            return;
        }
    }
}
