namespace XePt.Cli.Vectors;

/// <summary>Compares lists of records.</summary>
internal static class ListComparison
{
    /// <summary>The first element in which two lists differ, or null.</summary>
    /// <param name="what">What an element is.</param>
    /// <param name="expected">The recorded list.</param>
    /// <param name="found">The engine's list.</param>
    /// <param name="vaOf">The address to report for an element.</param>
    public static Difference? Compare<T>(string what, T[] expected, T[] found, Func<T, ulong>? vaOf = null)
        where T : notnull
    {
        int same = expected.AsSpan().CommonPrefixLength(found);
        if (same == expected.Length && same == found.Length)
            return null;
        T any = same < expected.Length ? expected[same] : found[same];
        return new Difference(
            $"{what} {same}",
            same < expected.Length ? $"{expected[same]}" : "none",
            same < found.Length ? $"{found[same]}" : "none")
        {
            Va = vaOf?.Invoke(any),
        };
    }
}
