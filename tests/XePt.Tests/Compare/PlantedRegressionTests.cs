using System.Text.Json;
using XePt.Compare;
using XePt.Tests.Packages;

namespace XePt.Tests.Compare;

/// <summary>
/// The whole comparison, on a clone whose head does more than its base. Run when asked for (<c>-explicit only</c>), as CI does: it builds
/// the engine four times.
/// </summary>
public sealed class PlantedRegressionTests : IDisposable
{
    private const string Victim = "src/PtEngine/Embedding/Ioctls/XeFile.Bind.cs";
    private const string Call = "ReadOnlySpan<DrmXeVmBindOp> binds = default, ReadOnlySpan<DrmXeSync> syncs = default) =>";

    // About a tenth of a bind of one page and its unbind. Many instructions rather than slow ones, which a processor does beside others.
    private const string Slowdown =
        """
            private static readonly ulong[] Words = new ulong[48];
            private static ulong s_planted;
            private static void Planted()
            {
                ulong sum = s_planted;
                foreach (ulong word in Words)
                    sum = ulong.RotateLeft(sum ^ word, 5);
                s_planted = sum;
            }
        """;

    private readonly string _clone = Directory.CreateTempSubdirectory("xept-compare").FullName;

    public void Dispose() => Directory.Delete(_clone, recursive: true);

    [Fact(Explicit = true)]
    public void A_tenth_slower_and_an_allocation_are_caught_and_nothing_else()
    {
        Shell.Run(_clone, "git", "clone", "--quiet", RepositoryPaths.Root, ".");
        Plant("slow", Slowdown);
        // Unclear is an answer, too: that a machine is too noisy for so few processes. Then more are asked, as a person would.
        int exit = Compare("HEAD~1", out JsonElement slow);
        for (int launches = 16; launches <= 32 && slow.GetProperty("verdict").GetString() == "unclear"; launches *= 2)
            exit = Compare("HEAD~1", out slow, launches);
        Assert.Equal(1, exit);
        Assert.Equal("slower", slow.GetProperty("verdict").GetString());
        Assert.False(slow.GetProperty("allocates_more").GetBoolean());

        Shell.Run(_clone, "git", "reset", "--quiet", "--hard", "HEAD~1");
        Plant("allocation", "    private static object? s_planted; private static void Planted() => s_planted = new object();");
        Assert.Equal(1, Compare("HEAD~1", out JsonElement allocating));
        Assert.True(allocating.GetProperty("allocates_more").GetBoolean());

        Assert.Equal(0, Compare("HEAD", out JsonElement same));
        Assert.NotEqual("slower", same.GetProperty("verdict").GetString());
        Assert.False(same.GetProperty("allocates_more").GetBoolean());
    }

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

    private int Compare(string baseline, out JsonElement line, int launches = 8)
    {
        string json = Path.Combine(_clone, "artifacts", "compare.json");
        using StringWriter output = new(), progress = new();
        string[] args = [baseline, "HEAD", "bind+unbind 4K, 1k", "--launches", $"{launches}", "--json", json];
        int exit = CompareCommand.Run(args, _clone, output, progress);
        Assert.True(exit != 2, progress.ToString());
        TestContext.Current.SendDiagnosticMessage(output.ToString());
        line = JsonDocument.Parse(File.ReadAllBytes(json)).RootElement.GetProperty("lines")[0];
        return exit;
    }
}
