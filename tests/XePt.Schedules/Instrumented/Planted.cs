namespace XePt;

/// <summary>The bugs that are planted in the mutated copy of the code; none anywhere else.</summary>
public static class Planted
{
    /// <summary>Their names.</summary>
    public static IReadOnlyCollection<string> Bugs { get; set; } = [];

    public static bool Is(string bug) => Bugs.Contains(bug);
}
