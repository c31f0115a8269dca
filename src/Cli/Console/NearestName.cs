namespace XePt.Cli.Console;

/// <summary>Guesses what somebody meant who mistyped a name.</summary>
internal static class NearestName
{
    /// <summary>Letters that may be wrong, missing, too many, or (two neighbours, counted once) swapped.</summary>
    private const int MaxDistance = 2;

    /// <summary>The name that is nearest, or null when none is near.</summary>
    public static string? Find(string mistyped, IEnumerable<string> names)
    {
        (string? Name, int Distance) best = (null, MaxDistance + 1);
        foreach (string name in names)
        {
            int distance = IsBeginning(mistyped, name) ? 1 : Distance(mistyped, name);
            // A name with nothing in common is as far away as it is long; of a short one most has to be right.
            if (distance < best.Distance && distance <= name.TrimStart('-').Length / 2)
                best = (name, distance);
        }

        return best.Name;
    }

    /// <summary>The end of a message: <c>; did you mean 'run'?</c>, or nothing.</summary>
    public static string Hint(string mistyped, IEnumerable<string> names) =>
        Find(mistyped, names) is { } name ? $"; did you mean '{name}'?" : "";

    /// <summary>Likewise, with all names behind it: <c>; did you mean 'bmg'?; known are tgl, bmg</c>.</summary>
    public static string HintAndNames(string mistyped, IEnumerable<string> names) =>
        $"{Hint(mistyped, names)}; known are {string.Join(", ", names)}";

    private static bool IsBeginning(string text, string name) =>
        text.TrimStart('-').Length >= 2 && name.StartsWith(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Damerau-Levenshtein, optimal string alignment, whatever the case of letters.</summary>
    private static int Distance(string a, string b)
    {
        var cost = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
                cost[i, j] = i == 0 || j == 0 ? i + j : Cheapest(cost, a, b, i, j);
        }

        return cost[a.Length, b.Length];
    }

    private static int Cheapest(int[,] cost, string a, string b, int i, int j)
    {
        int change = cost[i - 1, j - 1] + (IsSame(a[i - 1], b[j - 1]) ? 0 : 1);
        int least = Math.Min(change, 1 + Math.Min(cost[i - 1, j], cost[i, j - 1]));
        bool isSwapped = i > 1 && j > 1 && IsSame(a[i - 1], b[j - 2]) && IsSame(a[i - 2], b[j - 1]);
        return isSwapped ? Math.Min(least, cost[i - 2, j - 2] + 1) : least;
    }

    private static bool IsSame(char a, char b) => char.ToLowerInvariant(a) == char.ToLowerInvariant(b);
}
