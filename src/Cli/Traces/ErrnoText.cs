using XePt.Uapi;

namespace XePt.Cli.Traces;

/// <summary>Errnos as people write them.</summary>
internal static class ErrnoText
{
    /// <summary><c>ok</c>, or <c>-EINVAL</c>.</summary>
    public static string Of(Errno errno) => errno == Errno.Ok ? "ok" : $"-{errno}";
}
