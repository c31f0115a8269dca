namespace XePt.Compare;

/// <summary>
/// A version of the library, with the driver that measures it. The driver is always that of the files as they are: both sides measure the
/// same, and a line that is new can be measured with an old commit, as long as that has the calls.
/// </summary>
internal sealed class Checkout
{
    private const string Driver = "bench/XePt.Times";

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
    /// <param name="root">The repository's folder.</param>
    /// <param name="side">"base" or "head": the name of its folder in artifacts/compare.</param>
    /// <param name="version">A commit, or "." for the files as they are.</param>
    /// <param name="isAot">Whether to compile ahead of time.</param>
    public static Checkout Build(string root, string side, string version, bool isAot)
    {
        string place = Path.Combine(root, "artifacts", "compare");
        string commit = Command.Run(root, "git", "rev-parse", "--short=12", (version == "." ? "HEAD" : version) + "^{commit}");
        if (version == "." && Command.Run(root, "git", "status", "--porcelain") != "")
            commit += "+";
        string tree = version == "." ? root : Tree(root, Path.Combine(place, side), commit);
        string output = Path.Combine(place, side + (isAot ? "-aot" : "-bin"));
        string[] args = isAot ? ["publish", Driver, "-p:Aot=true"] : ["build", Driver];
        Command.Run(tree, "dotnet", [.. args, "-c", "Release", "-p:RunAnalyzers=false", "--nologo", "-v", "q", "-o", output]);
        return new Checkout(version, commit, Path.Combine(output, isAot ? "XePt.Times" : "XePt.Times.dll"));
    }

    private static string Tree(string root, string tree, string commit)
    {
        if (!Directory.Exists(tree))
            Command.Run(root, "git", "worktree", "add", "--force", "--detach", tree, commit);
        Command.Run(tree, "git", "checkout", "--quiet", "--force", "--detach", commit);
        string driver = Path.Combine(tree, Driver);
        if (Directory.Exists(driver))
            Directory.Delete(driver, recursive: true);
        Directory.CreateDirectory(driver);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(root, Driver)))
            File.Copy(file, Path.Combine(driver, Path.GetFileName(file)));
        return tree;
    }
}
