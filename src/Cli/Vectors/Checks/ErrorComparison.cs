using XePt.Uapi;

namespace XePt.Cli.Vectors.Checks;

/// <summary>Compares errnos.</summary>
internal static class ErrorComparison
{
    /// <summary>The difference between a recorded errno and the outcome of a check, or null.</summary>
    public static Difference? Compare(Errno expected, in Rejection found) =>
        expected == found.Errno ? null : new Difference("err", TextOf(expected), found.IsRejected ? $"{found}" : "0");

    /// <summary>An errno as number and name.</summary>
    public static string TextOf(Errno error) => error == Errno.Ok ? "0" : $"{(int)error} ({error})";
}
