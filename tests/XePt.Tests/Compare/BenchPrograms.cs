using XePt.Tests.Packages;

namespace XePt.Tests.Compare;

/// <summary>Programs of the benchmarks, built as these tests are.</summary>
internal static class BenchPrograms
{
    /// <summary>Runs one, without input, which has to end with an exit code.</summary>
    /// <returns>What it has written.</returns>
    public static string Run(string program, int exitCode, params string[] arguments)
    {
        string built = Path.GetRelativePath(Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests"), AppContext.BaseDirectory);
        string path = Path.Combine(RepositoryPaths.Root, "bench", program, built, program + ".dll");
        return Shell.RunTo(exitCode, RepositoryPaths.Root, "dotnet", [path, .. arguments]).ReplaceLineEndings("\n");
    }
}
