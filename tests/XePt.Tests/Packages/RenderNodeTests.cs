namespace XePt.Tests.Packages;

/// <summary>Programs that know nothing of XePt run on a render node without hardware. Run when asked for (<c>-explicit only</c>), as CI
/// does: they need gcc, which builds the libraries and the programs.</summary>
[Collection(nameof(NativeFolder))]
public sealed class RenderNodeTests(NativeFolder folder)
{
    private static string Sources => Path.Combine(RepositoryPaths.Root, "tests", "XePt.Tests", "RenderNode");

    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [InlineData("dg2")]
    [InlineData("pvc-2t")]
    [Rule("RN-001")]
    [Rule("RN-002")]
    [Rule("RN-004")]
    [Rule("RN-006")]
    [Rule("RN-020")]
    [Rule("RN-021")]
    [Rule("RN-022")]
    [Rule("RN-023")]
    [Rule("RN-024")]
    [Rule("RN-025")]
    [Rule("RN-026")]
    [Rule("RN-040")]
    [Rule("RN-044")]
    [Rule("RN-047")]
    [Rule("RN-060")]
    [Rule("RN-061")]
    public void A_program_finds_on_it_what_hardware_has(string platform)
    {
        IsRight(Exec("conformance", ["--platform", platform]), parts: 18);
    }

    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [InlineData("dg2")]
    [InlineData("pvc-2t")]
    [Rule("RN-005")]
    [Rule("RN-006")]
    [Rule("RN-007")]
    [Rule("RN-043")]
    [Rule("RN-045")]
    [Rule("RN-046")]
    public void Its_own_memory_is_what_devices_use(string platform)
    {
        IsRight(Exec("process", ["--platform", platform]), parts: 12);
    }

    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [InlineData("dg2")]
    [Rule("RN-062")]
    [Rule("RN-063")]
    [Rule("RN-064")]
    [Rule("RN-065")]
    public void It_answers_what_a_vulkan_driver_asks(string platform) =>
        IsRight(Exec("driver", ["--platform", platform]), parts: 4);

    /// <summary>Devices, clients and processes share buffer objects and fences.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [Rule("RN-006")]
    public void What_is_shared_is_the_same_on_all_sides(string platform) =>
        IsRight(Exec("across", ["--platform", platform, "--devices", "2"]), parts: 5);

    [Fact(Explicit = true)]
    public void What_fails_is_explained()
    {
        string said = Exec("conformance", ["--explain"], "answers");
        Assert.Contains("xept: DEVICE_QUERY: -EINVAL: size = ", said, StringComparison.Ordinal);
        Assert.Contains("xept: VERSION: Bad address", said, StringComparison.Ordinal);

        string batch = Exec("conformance", ["--explain"], "resets");
        Assert.Contains("xept: EXEC: -ECANCELED", batch, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^xept: job 1 of .*: fetch: read at 0x\w+: NotPresent", batch);
    }

    [Fact(Explicit = true)]
    public void A_recorded_run_replays_with_the_same_results()
    {
        string trace = Path.Combine(folder.Consumer("traces"), "calls.xetrace");
        Exec("conformance", ["--trace", trace], "memory", "sharing", "batches", "forks", "threads", "eviction");
        string said = Shell.Run(RepositoryPaths.Root, "dotnet", Tool, "run", "--expect", trace);
        Assert.Contains("everything is as expected", said, StringComparison.Ordinal);
    }

    private static void IsRight(string said, int parts)
    {
        Assert.DoesNotContain("not ok", said, StringComparison.Ordinal);
        Assert.Equal(parts, said.Split('\n').Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }

    private static string Tool => Path.Combine(AppContext.BaseDirectory, "xept.dll");

    private string Exec(string program, string[] options, params string[] arguments)
    {
        // First of all: without a compiler it skips the test.
        string built = Build(program), libraries = Path.Combine(folder.Prefix, "lib");
        return Shell.Run(
            folder.Place, "dotnet", [Tool, "exec", "--library", libraries, .. options, "--", built, .. arguments]);
    }

    private string Build(string program)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/gcc"), "gcc is not installed");
        string built = Path.Combine(folder.Consumer("programs"), program);
        if (!File.Exists(built))
        {
            Shell.Run(
                folder.Place, "gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", Path.Combine(Sources, program + ".c"), "-o", built,
                "-pthread");
        }

        return built;
    }
}
