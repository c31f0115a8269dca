using System.Globalization;
using XePt.Uapi;

namespace XePt.Native;

/// <summary>The names of the files of buffer objects: they say what another process has to know of one that it imports.</summary>
internal static class BoFileName
{
    private const string Prefix = "xept bo";

    // As the system shows the name of a file that is in memory only.
    private const string Before = "/memfd:", After = " (deleted)";

    /// <summary>The name, for example <c>xept bo 3 2</c>: placements, in base 16, and caching.</summary>
    public static string Of(in BoTraits bo) => $"{Prefix} {bo.Placements:x} {(int)bo.CpuCaching}";

    /// <summary>Reads the name that a descriptor has in <c>/proc</c>.</summary>
    /// <param name="link">Where the link leads.</param>
    /// <param name="size">Bytes of the file.</param>
    /// <returns>Null for what is no buffer object's.</returns>
    public static BoTraits? TryRead(string link, ulong size)
    {
        if (!link.StartsWith(Before, StringComparison.Ordinal) || !link.EndsWith(After, StringComparison.Ordinal))
            return null;
        string[] words = link[Before.Length..^After.Length].Split(' ');
        bool isRead = words.Length == 4 && $"{words[0]} {words[1]}" == Prefix
            && uint.TryParse(words[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _)
            && int.TryParse(words[3], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        if (!isRead)
            return null;
        uint placements = uint.Parse(words[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var caching = (CpuCaching)int.Parse(words[3], CultureInfo.InvariantCulture);
        return new BoTraits(size, placements, caching, IsPrivate: false);
    }
}
