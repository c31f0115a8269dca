namespace XePt.Compare;

/// <summary>The project that does the measured work, and the repository whose commits are compared.</summary>
/// <param name="Root">Folder of the repository.</param>
/// <param name="Folder">Folder of the project in it.</param>
/// <param name="Name">Name of the project, which is that of its assembly.</param>
internal sealed record Driver(string Root, string Folder, string Name)
{
    /// <summary>That of this repository.</summary>
    public static Driver Own(string root) => new(root, "bench/XePt.Times", "XePt.Times");

    /// <summary>The one in a folder.</summary>
    /// <exception cref="CompareException">There is not one project in it, or it is in no repository.</exception>
    public static Driver In(string folder)
    {
        string full = Path.GetFullPath(folder);
        string[] projects = Directory.Exists(full) ? Directory.GetFiles(full, "*.csproj") : [];
        if (projects.Length != 1)
            throw new CompareException($"--driver {folder}: there is not one project in it");
        string root = Command.Run(full, "git", "rev-parse", "--show-toplevel");
        return new Driver(
            root, Command.Run(full, "git", "rev-parse", "--show-prefix").TrimEnd('/'), Path.GetFileNameWithoutExtension(projects[0]));
    }
}
