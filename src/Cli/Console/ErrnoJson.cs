using System.Text.Json;
using XePt.Uapi;

namespace XePt.Cli.Console;

/// <summary>Errnos in JSON have one form in all verbs: the number, as the ioctl returns it, and the name.</summary>
internal static class ErrnoJson
{
    /// <summary>Writes <c>"errno": -22, "errno_name": "EINVAL"</c>; the name of 0 is null.</summary>
    public static void WriteErrno(this Utf8JsonWriter json, Errno errno)
    {
        json.WriteNumber("errno", (int)errno);
        json.WriteString("errno_name", errno == Errno.Ok ? null : errno.ToString());
    }
}
