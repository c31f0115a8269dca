using System.Text.Json;
using XePt.Compare;
using XePt.Tests.Packages;

namespace XePt.Tests.Compare;

/// <summary>
/// The whole comparison, and the exact gates of CI, on a clone whose head does more than its base. Run when asked for
/// (<c>-explicit only</c>), as CI does: it builds the engine six times.
/// </summary>
public sealed class PlantedRegressionTests : IDisposable
{
    private const string Victim = "src/PtEngine/Embedding/Ioctls/XeFile.Bind.cs";
    private const string Call = "ReadOnlySpan<DrmXeVmBindOp> binds = default, ReadOnlySpan<DrmXeSync> syncs = default) =>";

    // A tenth of the instructions of a bind of one page and its unbind, and a tenth to an eighth of its time: a processor does some of them
    // beside others.
    private const int WordsOfInstructions = 22, WordsOfTime = 48;

    private const string Allocation =
        "    private static object? s_planted; private static void Planted() => s_planted = new object();";

    private readonly string _clone = Directory.CreateTempSubdirectory("xept-compare").FullName;

    public void Dispose() => Directory.Delete(_clone, recursive: true);

    [Fact(Explicit = true)]
    public void A_tenth_slower_and_an_allocation_are_caught_and_nothing_else()
    {
        Shell.Run(_clone, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        Plant("slow", Slowdown(WordsOfTime));
        Assert.Equal(1, Compare("HEAD~1", out JsonElement slow));
        Assert.Equal("slower", slow.GetProperty("verdict").GetString());
        Assert.False(slow.GetProperty("allocates_more").GetBoolean());

        Shell.Run(_clone, "git", "reset", "--quiet", "--hard", "HEAD~1");
        Plant("allocation", Allocation);
        Assert.Equal(1, Compare("HEAD~1", out JsonElement allocating));
        Assert.True(allocating.GetProperty("allocates_more").GetBoolean());

        Assert.Equal(0, Compare("HEAD", out JsonElement same));
        Assert.NotEqual("slower", same.GetProperty("verdict").GetString());
        Assert.False(same.GetProperty("allocates_more").GetBoolean());
    }

    [Fact(Explicit = true)]
    public void A_tenth_more_instructions_are_caught_by_their_baseline()
    {
        foreach (string tool in (string[])["valgrind", "gcc", "objdump"])
            Assert.SkipUnless(IsInstalled(tool), $"{tool} is not installed");
        Shell.Run(_clone, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        Plant("slow", Slowdown(WordsOfInstructions));
        string counts = Shell.RunTo(1, _clone, "bash", "bench/count.sh", "--check", "4k");
        Assert.Matches(@"(?m)^4k: \d+ instructions, the baseline has \d+$", counts);
    }

    /// <summary>A second pin where one is enough: the floor, which has one, does not become dearer with it.</summary>
    [Fact(Explicit = true)]
    public void A_second_fence_is_caught_by_a_floor_that_is_measured()
    {
        const string Once = "using WalkPin pin = new(_epochs);";
        Shell.Run(_clone, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        string victim = Path.Combine(_clone, "src/PtEngine/Embedding/Vm/XeVm.Walk.cs"), source = File.ReadAllText(victim);
        Assert.Contains(Once, source, StringComparison.Ordinal);
        File.WriteAllText(victim, source.Replace(Once, $"{Once} using WalkPin planted = new(_epochs);", StringComparison.Ordinal));
        Assert.Contains("1 MISSED", MeasureContract("translate of a VM"), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void An_allocation_is_caught_by_the_table_of_counted_work_and_by_the_contract()
    {
        Shell.Run(_clone, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        Plant("allocation", Allocation);
        Shell.Run(_clone, "dotnet", "build", "tests/XePt.Tests", "-c", "Release", "-v", "q");
        string tests = Path.Combine(_clone, "tests", "XePt.Tests", "bin", "Release", "net10.0", "XePt.Tests");
        string work = Shell.RunTo(1, _clone, tests, "-noColor", "-class", "XePt.Tests.Diagnostics.CountedWorkTests");
        Assert.Contains("Total: 1, Errors: 0, Failed: 1", work, StringComparison.Ordinal);

        Assert.Contains("1 MISSED", MeasureContract("managed bytes of a bind + unbind"), StringComparison.Ordinal);
    }

    // Many instructions rather than slow ones.
    private static string Slowdown(int words) =>
        $$"""
            private static readonly ulong[] Words = new ulong[{{words}}];
            private static ulong s_planted;
            private static void Planted()
            {
                ulong sum = s_planted;
                foreach (ulong word in Words)
                    sum = ulong.RotateLeft(sum ^ word, 5);
                s_planted = sum;
            }
        """;

    /// <summary>What the contract says of a line that the clone misses.</summary>
    private string MeasureContract(string line)
    {
        Shell.Run(_clone, "dotnet", "build", "bench/XePt.Contract", "-c", "Release", "-v", "q");
        return Shell.RunTo(1, _clone, Path.Combine(_clone, "bench", "XePt.Contract", "bin", "Release", "net10.0", "XePt.Contract"), line);
    }

    private static bool IsInstalled(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    private void Plant(string what, string member)
    {
        string path = Path.Combine(_clone, Victim), source = File.ReadAllText(path);
        int at = source.IndexOf(Call, StringComparison.Ordinal);
        Assert.True(at >= 0, "the call that the test slows down is not where it was");
        int body = at + Call.Length, end = source.IndexOf(';', body);
        File.WriteAllText(
            path, $"{source[..(body - 2)]}{{ Planted(); return {source[body..end]}; }}\n{member}\n{source[(end + 1)..]}");
        Shell.Run(_clone, "git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "--quiet", "-am", what);
    }

    private int Compare(string baseline, out JsonElement line)
    {
        string json = Path.Combine(_clone, "artifacts", "compare.json");
        using StringWriter output = new(), progress = new();
        string[] args = [baseline, "HEAD", "bind+unbind 4K, 1k", "--most", "48", "--json", json];
        int exit = CompareCommand.Run(args, _clone, output, progress);
        Assert.True(exit != 2, progress.ToString());
        TestContext.Current.SendDiagnosticMessage(output.ToString());
        line = JsonDocument.Parse(File.ReadAllBytes(json)).RootElement.GetProperty("lines")[0];
        return exit;
    }
}
