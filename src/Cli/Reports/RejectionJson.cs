using System.Text.Json;
using XePt.Cli.Console;
using XePt.Uapi;

namespace XePt.Cli.Reports;

/// <summary>Why a call was rejected, as JSON.</summary>
internal static class RejectionJson
{
    /// <summary>Writes the field <c>rejection</c>.</summary>
    public static void Write(Utf8JsonWriter json, in Rejection why)
    {
        json.WriteStartObject("rejection");
        json.WriteErrno(why.Errno);
        json.WriteString("rule", why.RuleId);
        json.WriteString("field", why.Field);
        json.WriteHex("value", why.Value);
        if (why.ComparedWith is { } with)
        {
            json.WriteStartObject("compared_with");
            json.WriteString("name", with.Name);
            json.WriteHex("value", with.Value);
            json.WriteEndObject();
        }

        if (why.OpIndex >= 0)
            json.WriteNumber("op", why.OpIndex);
        if (why.SyncIndex >= 0)
            json.WriteNumber("sync", why.SyncIndex);
        json.WriteString("because", why.Because);
        json.WriteString("sentence", why.ToString());
        json.WriteEndObject();
    }
}
