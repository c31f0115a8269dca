using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using XePt.Cli.Input;

namespace XePt.Cli.Explain;

/// <summary>Fields on the command line: a JSON object, or <c>op=MAP,flags=NULL,obj=1</c>.</summary>
internal static class FieldText
{
    private static readonly string[] Addresses = ["addr", "userptr", "obj_offset", "cpu_addr_mirror_offset", "start", "end"];

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
            RequireForm(sides[0], sides[1]);
            if (!fields.TryAdd(sides[0], sides[1]))
                throw new MalformedRecordException($"'{sides[0]}' is there twice");
        }

        return fields;
    }

    /// <summary>Other verbs take an address as hexadecimal without <c>0x</c>; here it would be decimal, so that must not be left
    /// out.</summary>
    private static void RequireForm(string field, string value)
    {
        if (Addresses.Contains(field) && value.Length > 1 && value.All(char.IsAsciiDigit))
            throw new MalformedRecordException($"'{field}': addresses begin with 0x: 0x{value}, if that is not meant to be decimal");
    }

    private static JsonObject ParseJson(string text) =>
        JsonText.Read(Encoding.UTF8.GetBytes(text), json => json.ValueKind == JsonValueKind.Object ? JsonObject.Create(json.Clone()) : null)
            ?? throw new MalformedRecordException("not a JSON object");
}
