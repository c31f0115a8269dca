using XePt.Cli.Exec;
using XePt.Cli.Input;
using XePt.Devices;
using XePt.Tests.Packages;

namespace XePt.Tests.Cli.Verbs;

/// <summary><c>xept exec</c>, as far as it goes without the libraries: RenderNodeTests runs programs.</summary>
public sealed class ExecCommandTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void With_choices_that_mean_nothing_it_does_nothing()
    {
        CliRun.Of("exec", "--devices", "17", "--", "true").IsBadInput("\"17\" is not a number from 1 to 16");
        CliRun.Of("exec", "--time", "slow", "--", "true").IsBadInput("\"slow\" is neither virtual nor real");
        CliRun.Of("exec", "--library", _root, "--", "true").IsBadInput("has no libxept-rendernode.so");
    }

    [Fact]
    public void The_libraries_are_looked_for_where_the_command_line_says_else_beside_the_tool_else_where_they_are_built()
    {
        string home = Make("home"), built = Make($"here/{NodeLibrary.Built}"), named = Make("named"), here = Path.Combine(_root, "here");
        Put(named, built);
        Assert.Equal(named, NodeLibrary.Find(named, home, here));
        Assert.Equal(built, NodeLibrary.Find(null, home, here));
        string nowhere = Assert.Throws<InputException>(() => NodeLibrary.Find(null, home, _root)).Message;
        Assert.StartsWith("libxept-rendernode.so: is neither beside xept (a package has it", nowhere, StringComparison.Ordinal);
        Assert.Contains("gcc and this make it: dotnet publish src/Native", nowhere, StringComparison.Ordinal);
        Put(home);
        Assert.Equal(home, NodeLibrary.Find(null, home, here));
    }

    /// <summary>What the environment says holds where the command line does not say otherwise.</summary>
    [Theory]
    [InlineData("XEPT_PLATFORM=lnl", "lnl", "1")]
    [InlineData("XEPT_PLATFORM=lnl", "lnl", "2", "--devices", "2")]
    [InlineData("XEPT_PLATFORM=lnl", "dg2", "1", "--platform", "dg2")]
    [InlineData("XEPT_PLATFORM=nothing", "tgl", "1", "--platform", "tgl")]
    [InlineData("XEPT_PLATFORM=", "bmg", "1")]
    public void The_platform_is_that_of_the_command_line_or_of_the_environment(
        string setting, string platform, string devices, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux preloads libraries");
        Put(_root);
        // A library that is none: the loader says so and goes on.
        const string Show = "echo $XEPT_PLATFORM; cd $XEPT_TREE; ls dev/dri | grep -c renderD; cat sys/class/drm/card0/device/device";
        XePlatforms.TryGet(platform, out PlatformInfo? expected);
        string said = Shell.Run(
            _root, "env", [setting, "dotnet", Tool, "exec", "--library", _root, .. options, "--", "sh", "-c", Show]);
        Assert.StartsWith($"{platform}\n{devices}\n0x{expected!.DeviceId:x4}\n", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("XEPT_PLATFORM=bgm", "xept: XEPT_PLATFORM: unknown platform \"bgm\"; did you mean 'bmg'?")]
    [InlineData("XEPT_TIME=unreal", "xept: XEPT_TIME: \"unreal\" is neither virtual nor real")]
    public void What_the_environment_says_wrongly_is_said_before_anything_runs(string setting, string sentence)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux preloads libraries");
        Put(_root);
        string report = Path.Combine(_root, "report");
        string said = Shell.RunTo(
            2, _root, "env", setting, "dotnet", Tool, "exec", "--library", _root, "--report", report, "--", "echo", "it runs");
        Assert.StartsWith(sentence, said, StringComparison.Ordinal);
        Assert.False(File.Exists(report));
        Assert.DoesNotContain("it runs", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bmg", "0xe20b")]
    [InlineData("pvc-2t", "0x0bd5")]
    [Rule("RN-060")]
    public void The_files_say_which_device_it_is_and_lead_to_each_other(string name, string deviceId)
    {
        XePlatforms.TryGet(name, out PlatformInfo? platform);
        var tree = new NodeTree(_root);
        tree.Add(0, platform!);
        tree.Add(1, XePlatforms.Lnl);
        string device = Path.Combine(_root, "sys/dev/char/226:128/device/");
        Assert.Equal(deviceId + "\n", File.ReadAllText(device + "device"));
        Assert.Contains($"PCI_ID=8086:{deviceId[2..].ToUpperInvariant()}\n", File.ReadAllText(device + "uevent"), StringComparison.Ordinal);
        Assert.Contains("PCI_SLOT_NAME=0000:03:00.0\n", File.ReadAllText(device + "uevent"), StringComparison.Ordinal);
        Assert.EndsWith("/pci", new FileInfo(device + "subsystem").LinkTarget, StringComparison.Ordinal);
        Assert.Equal(256, new FileInfo(device + "config").Length);
        Assert.True(File.Exists(Path.Combine(device, "drm/renderD128/dev")));
        Assert.Equal("0x64a0\n", File.ReadAllText(Path.Combine(_root, "sys/class/drm/card1/device/device")));
        foreach (int gt in platform!.Gts)
            Assert.True(Directory.Exists(device + $"tile{gt / platform.GtSlotsPerTile}/gt{gt}/engines"));
        Assert.True(File.Exists(Path.Combine(_root, "sys/kernel/debug/dri/128/info")));
    }

    /// <summary>Every link leads to something.</summary>
    [Fact]
    public void No_link_is_broken()
    {
        var tree = new NodeTree(_root);
        tree.Add(0, XePlatforms.Bmg);
        tree.Add(15, XePlatforms.Mtl);
        string[] links = [.. Entries(_root).Where(entry => new FileInfo(entry).LinkTarget is not null)];
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(Path.Exists(File.ResolveLinkTarget(link, returnFinalTarget: false)!.FullName), link));
    }

    private static string Tool => Path.Combine(AppContext.BaseDirectory, "xept.dll");

    // Links of folders go round in circles and are not followed.
    private static IEnumerable<string> Entries(string folder) => Directory.GetFileSystemEntries(folder).SelectMany(entry =>
        new FileInfo(entry).LinkTarget is null && Directory.Exists(entry) ? Entries(entry) : [entry]);

    private string Make(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    private static void Put(params string[] folders)
    {
        foreach (string folder in folders)
            File.WriteAllText(Path.Combine(folder, NodeLibrary.Name), "");
    }
}
