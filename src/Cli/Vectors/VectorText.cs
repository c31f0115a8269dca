using System.Text.Json;
using XePt.Cli.Input;

namespace XePt.Cli.Vectors;

/// <summary>Turns the text of a line into something read from it, or says in one line why it cannot.</summary>
internal static class VectorText
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="MalformedRecordException">The line is not JSON, or not what <paramref name="read"/> wants.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> line, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, Strict);
            return read(document.RootElement);
        }
        catch (JsonException bad)
        {
            throw new MalformedRecordException($"not JSON: {OneLine(bad.Message)}");
        }
        catch (InvalidOperationException bad)
        {
            // Thrown for strings that are JSON but not text: broken UTF-8, half a surrogate pair.
            throw new MalformedRecordException($"not text: {OneLine(bad.Message)}");
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
