using System.Text.Json;
using System.Text.Unicode;

namespace XePt.Cli.Input;

/// <summary>
/// Turns bytes into JSON whose every string can be read: <see cref="JsonDocument"/> looks at bad UTF-8 and at halves of surrogate pairs
/// only when somebody asks for the string, and then throws what nobody expects.
/// </summary>
internal static class JsonText
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads something from JSON text.</summary>
    /// <exception cref="MalformedRecordException">The text is not JSON, or not what <paramref name="read"/> wants.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> text, Func<JsonElement, T> read)
    {
        CheckStrings(text.Span);
        using JsonDocument json = Parse(text);
        return read(json.RootElement);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> text)
    {
        try
        {
            return JsonDocument.Parse(text, Strict);
        }
        catch (JsonException e) when (e.BytePositionInLine is { } column)
        {
            int line = (int)(e.LineNumber ?? 0);
            throw new MalformedRecordException(
                IsAtEnd(text.Span, line, (int)column) ? $"the JSON ends too early, at column {column + 1}"
                : $"bad JSON at column {column + 1}{HexHint.For(text.Span, line, (int)column)}",
                line);
        }
        catch (JsonException)
        {
            // Only a name that an object has twice is reported without its place.
            using JsonDocument json = JsonDocument.Parse(text);
            throw new MalformedRecordException($"'{FindDuplicate(json.RootElement)}' is there twice");
        }
    }

    /// <summary>Whether nothing but blanks comes at and after a place: whoever wrote the text did not come to its end.</summary>
    private static bool IsAtEnd(ReadOnlySpan<byte> text, int line, int column)
    {
        for (; line > 0 && text.IndexOf((byte)'\n') is >= 0 and var end; line--)
            text = text[(end + 1)..];
        return !text[Math.Min(column, text.Length)..].ContainsAnyExcept(" \t\r\n"u8);
    }

    private static void CheckStrings(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw At(text, ValidLength(text), "bad UTF-8");
        if (text.IndexOf("\\u"u8) >= 0)
            CheckEscapes(text);
    }

    /// <summary>Escapes are the one way by which valid UTF-8 can spell half a surrogate pair.</summary>
    private static void CheckEscapes(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped && !CanBeRead(reader))
                    throw At(text, (int)reader.TokenStartIndex, "half a surrogate pair in the string");
            }
        }
        catch (JsonException)
        {
            // The parser says where.
        }
    }

    private static bool CanBeRead(in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Length of the longest valid beginning.</summary>
    private static int ValidLength(ReadOnlySpan<byte> text)
    {
        int valid = 0;
        while (System.Text.Rune.DecodeFromUtf8(text[valid..], out _, out int used) == System.Buffers.OperationStatus.Done)
            valid += used;
        return valid;
    }

    private static MalformedRecordException At(ReadOnlySpan<byte> text, int offset, string message)
    {
        ReadOnlySpan<byte> before = text[..offset];
        int line = before.Count((byte)'\n');
        return new MalformedRecordException($"{message} at column {offset - before.LastIndexOf((byte)'\n')}", line);
    }

    private static string? FindDuplicate(JsonElement value)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().Select(field => names.Add(field.Name) ? FindDuplicate(field.Value) : field.Name)
                .FirstOrDefault(name => name is not null),
            JsonValueKind.Array => value.EnumerateArray().Select(FindDuplicate).FirstOrDefault(name => name is not null),
            _ => null,
        };
    }
}
