using XePt.Cli.Input;

namespace XePt.Cli.Traces;

/// <summary>Finds the traces that paths on a command line stand for.</summary>
internal static class TraceFiles
{
    private static readonly string[] Patterns = ["*.xetrace", "*.xetrace.gz"];

    /// <summary>Files as they are; of folders, all traces in them and below, by name.</summary>
    public static string[] Find(IEnumerable<string> paths) =>
        [.. paths.SelectMany(path => Directory.Exists(path) ? InFolder(path) : [path])];

    private static string[] InFolder(string folder)
    {
        try
        {
            string[] files = [.. Patterns.SelectMany(pattern => Directory.GetFiles(folder, pattern, SearchOption.AllDirectories))
                .Order(StringComparer.Ordinal)];
            return files.Length > 0 ? files : throw new InputException(folder, 0, $"has no {string.Join(" or ", Patterns)} files");
        }
        catch (UnauthorizedAccessException)
        {
            throw new InputException(folder, 0, "cannot be read");
        }
    }
}
