namespace XePt.Tests;

/// <summary>Finds the files of the repository that tests read, wherever the test binary runs from.</summary>
internal static class RepositoryPaths
{
    /// <summary>The folder that holds <c>XePt.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The reference vectors.</summary>
    public static string Vectors => Path.Combine(Root, "tests", "vectors");

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "XePt.sln")))
                return at.FullName;
        }

        throw new InvalidOperationException("XePt.sln not found above " + AppContext.BaseDirectory);
    }
}
