using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using XePt.Cli.Input;

namespace XePt.Cli.Explain;

/// <summary>Fields on the command line: a JSON object, or <c>op=MAP,flags=NULL,obj=1</c>.</summary>
internal static class FieldText
{
    public static JsonObject Parse(string text)
    {
        if (text.TrimStart().StartsWith('{'))
            return ParseJson(text);

        var fields = new JsonObject();
        foreach (string part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] sides = part.Split('=', 2, StringSplitOptions.TrimEntries);
            if (sides.Length != 2 || sides[0].Length == 0)
                throw new MalformedRecordException($"\"{part}\" is not field=value");
            if (!fields.TryAdd(sides[0], sides[1]))
                throw new MalformedRecordException($"'{sides[0]}' is there twice");
        }

        return fields;
    }

    private static JsonObject ParseJson(string text) =>
        JsonText.Read(Encoding.UTF8.GetBytes(text), json => json.ValueKind == JsonValueKind.Object ? JsonObject.Create(json.Clone()) : null)
            ?? throw new MalformedRecordException("not a JSON object");
}
