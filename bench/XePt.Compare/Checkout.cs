namespace XePt.Compare;

/// <summary>
/// A version of the library, with the driver that measures it. The driver is always that of the files as they are: both sides measure the
/// same, and a line that is new can be measured with an old commit, as long as that has the calls.
/// </summary>
internal sealed class Checkout
{
    private Checkout(string name, string commit, string program)
    {
        Name = name;
        Commit = commit;
        Program = program;
    }

    /// <summary>What it was called on the command line.</summary>
    public string Name { get; }

    /// <summary>The commit's hash, with "+" when files differ from it.</summary>
    public string Commit { get; }

    /// <summary>The built driver: an assembly, or an executable when it was compiled ahead of time.</summary>
    public string Program { get; }

    /// <summary>Builds a version.</summary>
    /// <param name="driver">The driver.</param>
    /// <param name="side">"base" or "head": the name of its folder in artifacts/compare.</param>
    /// <param name="version">A commit, or "." for the files as they are.</param>
    /// <param name="isAot">Whether to compile ahead of time.</param>
    public static Checkout Build(Driver driver, string side, string version, bool isAot)
    {
        string root = driver.Root, place = Path.Combine(root, "artifacts", "compare");
        string commit = Command.Run(root, "git", "rev-parse", "--short=12", (version == "." ? "HEAD" : version) + "^{commit}");
        if (version == "." && Command.Run(root, "git", "status", "--porcelain", "--", ".", ":!artifacts") != "")
            commit += "+";
        string tree = version == "." ? root : Tree(driver, Path.Combine(place, side), commit);
        string output = Path.Combine(place, side + (isAot ? "-aot" : "-bin"));
        string[] args = isAot ? ["publish", driver.Folder, "-p:Aot=true"] : ["build", driver.Folder];
        Command.Run(tree, "dotnet", [.. args, "-c", "Release", "-p:RunAnalyzers=false", "--nologo", "-v", "q", "-o", output]);
        return new Checkout(version, commit, Path.Combine(output, isAot ? driver.Name : driver.Name + ".dll"));
    }

    private static string Tree(Driver driver, string tree, string commit)
    {
        if (!Directory.Exists(tree))
            Command.Run(driver.Root, "git", "worktree", "add", "--force", "--detach", tree, commit);
        Command.Run(tree, "git", "checkout", "--quiet", "--force", "--detach", commit);
        string from = Path.Combine(driver.Root, driver.Folder), to = Path.Combine(tree, driver.Folder);
        if (Directory.Exists(to))
            Directory.Delete(to, recursive: true);
        Copy(from, to);
        return tree;
    }

    /// <summary>The sources of a project, without what was built of them.</summary>
    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (string folder in Directory.EnumerateDirectories(from))
        {
            if (Path.GetFileName(folder) is var name and not ("bin" or "obj"))
                Copy(folder, Path.Combine(to, name));
        }
    }
}
