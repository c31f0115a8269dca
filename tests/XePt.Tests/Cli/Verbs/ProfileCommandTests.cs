using System.Diagnostics;
using System.IO.Pipes;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using XePt.Cli;
using XePt.Cli.Console;
using XePt.Cli.Profile;
using XePt.Diagnostics;
using XePt.Tests.Bind;
using XePt.Tests.Diagnostics.Events;

namespace XePt.Tests.Cli;

/// <summary><c>xept profile</c> and <c>xept top</c>.</summary>
[Collection(nameof(EventCapture))]
public class ProfileCommandTests
{
    private static readonly string Sample = CliRun.Sample("compute-usm.xetrace");

    [Fact]
    public void A_replay_is_broken_down_into_calls_and_stages()
    {
        JsonElement run = CliRun.Json("run", Sample);
        int binds = run.GetProperty("calls").EnumerateArray().Count(call => call.GetProperty("name").GetString() == "VM_BIND");
        CliRun profile = CliRun.Of("profile", Sample, "--json");
        Assert.Equal((0, ""), (profile.ExitCode, profile.Error));
        JsonSchemaTests.AssertValid("profile", profile.Out);
        Dictionary<string, JsonElement> stages = CliRun.Parse(profile.Out).GetProperty("stages").EnumerateArray()
            .ToDictionary(stage => stage.GetProperty("name").GetString()!);
        Assert.Equal(binds, stages["Validate"].GetProperty("count").GetInt32());
        Assert.True(stages["Ioctl"].GetProperty("count").GetInt32() > binds);
        Assert.All(stages.Values, stage =>
            Assert.True(stage.GetProperty("own_ns").GetInt64() <= stage.GetProperty("total_ns").GetInt64()));
        Assert.True(stages["Ioctl"].GetProperty("own_ns").GetInt64() < stages["Ioctl"].GetProperty("total_ns").GetInt64());
    }

    /// <summary>What is compiled takes its time before; of a pipe there is nothing to read twice.</summary>
    [Fact]
    public void The_beginning_of_a_file_is_played_once_before_what_is_shown()
    {
        var reader = new CollectingReader();
        Assert.Equal(0, CliRun.Of(reader, Screen.Plain, "profile", Sample).ExitCode);
        Assert.Equal(2, reader.Collected.Count);
        Assert.Same(reader.Collected[1], Assert.Single(reader.Shown));
        CliRun.Of(reader, Screen.Plain, "profile", "").IsBadInput("\"\": cannot be opened");
        Assert.Equal(3, reader.Collected.Count);
    }

    [Fact]
    public void A_pipe_is_played_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes have paths on Linux only");
        var reader = new CollectingReader();
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        using SafePipeHandle end = pipe.ClientSafePipeHandle;
        pipe.Write("""{"xetrace":1,"platform":"bmg"}"""u8);
        pipe.Dispose();
        CliRun run = CliRun.Of(reader, Screen.Plain, "profile", $"/proc/self/fd/{end.DangerousGetHandle()}");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(reader.Collected);
    }

    [Fact]
    public void What_was_collected_can_be_kept_and_read_again()
    {
        using var file = new TempFile([]);
        CliRun profile = CliRun.Of("profile", Sample, "-o", file.Path);
        Assert.Equal((0, ""), (profile.ExitCode, profile.Error));
        Assert.Contains("Ioctl", profile.Out, StringComparison.Ordinal);
        Assert.Equal("Nettrace"u8.ToArray(), File.ReadAllBytes(file.Path)[..8]);
        using FileStream stream = File.OpenRead(file.Path);
        var events = new List<XePt.Cli.Profile.SeenEvent>();
        EventSession.Read("XePt-Engine", stream, events.Add, lost => Assert.Fail($"{lost} events are lost"));
        Assert.Contains(events, seen => seen.Id == XeEventInfo.All.Single(info => info.Name == "xe_vma_bind").Id);
        CliRun.Of("profile", Sample, "-o", "/nowhere/at/all").IsBadInput("/nowhere/at/all: cannot be written");
        CliRun.Of("profile", "/nowhere/at/all").IsBadInput("/nowhere/at/all");
    }

    [Fact]
    public void Time_inside_is_not_counted_twice_and_what_never_stops_not_at_all()
    {
        StageBreakdown breakdown = Sum(
        [
            Seen(0, "IoctlStart", 1), Seen(10, "ValidateStart", 1), Seen(12, "IoctlStart", 2), Seen(30, "ValidateStop", 1),
            Seen(40, "SplitStart", 1), Seen(45, "xe_vm_create", 1), Seen(100, "IoctlStop", 1), Seen(120, "ValidateStop", 2),
            Seen(200, "IoctlStart", 1), Seen(205, "IoctlStop", 1),
        ]);
        Assert.Equal([new StageTime("Ioctl", 2, 105, 85, 100), new StageTime("Validate", 1, 20, 20, 20)], breakdown.Stages);
        Assert.Equal([("xe_vm_create", 1)], breakdown.Events);
    }

    /// <summary>A stop after a gap may be that of another start than the last one before it.</summary>
    [Fact]
    public void What_is_open_when_events_are_lost_counts_for_nothing()
    {
        var sums = new StageSums();
        sums.Add(Seen(0, "IoctlStart", 1));
        sums.Add(Seen(5, "IoctlStop", 1));
        sums.Add(Seen(10, "IoctlStart", 1));
        sums.Add(Seen(10, "FaultStart", 2));
        sums.Miss(3);
        sums.Add(Seen(90, "IoctlStop", 1));
        sums.Add(Seen(95, "IoctlStart", 1));
        sums.Add(Seen(98, "FaultStop", 2));
        sums.Add(Seen(99, "IoctlStop", 1));
        sums.Miss(4);
        Assert.Equal([new StageTime("Ioctl", 2, 9, 9, 5)], sums.Breakdown.Stages);
        Assert.Equal(7, sums.Breakdown.Lost);
    }

    [Fact]
    public void Events_that_are_lost_are_told_of()
    {
        CliRun text = CliRun.Of(new CollectingReader { Lost = 1234 }, Screen.Plain, "profile", Sample);
        Assert.Equal(0, text.ExitCode);
        Assert.Contains("1,234 events came too fast and are lost: counts and totals are", text.Error, StringComparison.Ordinal);
        CliRun json = CliRun.Of(new CollectingReader { Lost = 1234 }, Screen.Plain, "profile", Sample, "--json");
        JsonSchemaTests.AssertValid("profile", json.Out);
        Assert.Equal(1234, CliRun.Parse(json.Out).GetProperty("lost_events").GetInt64());
    }

    [Fact]
    public void Top_shows_the_counters_of_another_process()
    {
        using Process child = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "xept.dll"), "run", "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            // It waits for the rest of its trace.
            child.StandardInput.WriteLine("""{"xetrace":1,"platform":"bmg"}""");
            child.StandardInput.WriteLine("""{"ioctl":"VM_CREATE"}""");
            child.StandardInput.Flush();
            // The runtime's own port may not answer while it starts; with the engine's assembly it has started.
            while (!child.HasExited && !File.ReadAllText($"/proc/{child.Id}/maps").Contains("XePt.PtEngine", StringComparison.Ordinal))
                Thread.Yield();
            CliRun top;
            do
                top = CliRun.Of("top", $"{child.Id}", "--count", "1", "--json");
            while (!child.HasExited && (top.ExitCode != 0 || !top.Out.Contains("\"vms\"", StringComparison.Ordinal)));
            Assert.Equal((0, ""), (top.ExitCode, top.Error));
            JsonSchemaTests.AssertValid("top", top.Out);
            Assert.Equal(1, Assert.Single(
                CliRun.Parse(top.Out).GetProperty("counters").EnumerateArray(),
                counter => counter.GetProperty("name").GetString() == "vms").GetProperty("value").GetDouble());
        }
        finally
        {
            child.StandardInput.Close();
            child.WaitForExit();
        }
    }

    [Fact]
    public void Top_shows_the_counters_of_a_process()
    {
        using var scene = new BindScene();
        scene.Do(Op.Null(BindScene.A, 1 << 20));
        CliRun top = CliRun.Of("top", $"{Environment.ProcessId}", "--count", "1", "--json");
        Assert.Equal((0, ""), (top.ExitCode, top.Error));
        JsonSchemaTests.AssertValid("top", top.Out);
        Assert.Contains(CliRun.Parse(top.Out).GetProperty("counters").EnumerateArray(), counter =>
            counter.GetProperty("name").GetString() == "vms" && counter.GetProperty("of").GetString() == $"device={scene.Device.Name}"
            && counter.GetProperty("value").GetDouble() == 1);
    }

    [Fact]
    public void Top_lists_the_processes_that_can_be_looked_into_and_says_when_one_cannot()
    {
        CliRun top = CliRun.Of("top", "--json");
        JsonSchemaTests.AssertValid("top", top.Out);
        Assert.Contains(CliRun.Parse(top.Out).GetProperty("processes").EnumerateArray(),
            process => process.GetProperty("pid").GetInt32() == Environment.ProcessId);
        Assert.Contains($"{Environment.ProcessId}", CliRun.Of("top").Out, StringComparison.Ordinal);
        CliRun.Of("top", $"{int.MaxValue}").IsBadInput("no .NET process that lets itself be listened to");
        CliRun.Of("top", "x").IsBadInput("PID");
    }

    /// <summary>Both verbs would be played by the companion; what is wrong with a command line is said without it.</summary>
    [Theory]
    [InlineData("profile")]
    [InlineData("top")]
    public void The_tool_alone_does_not_need_its_companion_to_help(string verb)
    {
        CliRun help = CliRun.Of(null, Screen.Plain, verb, "--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Equal(CliRun.Of(verb, "--help").Out, help.Out);
        Assert.Contains("unknown option '--jsno'", CliRun.Of(null, Screen.Plain, verb, "--jsno").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_companion_is_found_beside_the_tool_where_tools_are_installed_and_on_the_path()
    {
        string place = Directory.CreateTempSubdirectory("xept tools ").FullName;
        try
        {
            string tools = Path.Combine(place, "tools"), other = Path.Combine(place, "other");
            string home = Path.Combine(tools, ".store", "xept.tool", "0.1.0", "tools", "any") + Path.DirectorySeparatorChar;
            foreach (string folder in new[] { home, other })
                Directory.CreateDirectory(folder);
            string searchPath = string.Join(Path.PathSeparator, "/nowhere/at/all", "", other);
            Assert.Null(Companion.Find(home, searchPath));
            Assert.Equal(Place(other), Companion.Find(home, searchPath));
            Assert.Equal(Place(tools), Companion.Find(home, searchPath));
            Assert.Equal(Place(home), Companion.Find(home, searchPath));
            Assert.Null(Companion.Find(place, ""));
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }

        static string Place(string folder)
        {
            string file = Path.Combine(folder, OperatingSystem.IsWindows() ? "xept-profile.exe" : "xept-profile");
            File.WriteAllText(file, "");
            return file;
        }
    }

    [Fact]
    public void Only_the_companion_brings_what_reads_event_streams()
    {
        Assert.DoesNotContain(typeof(XeptTool).Assembly.GetReferencedAssemblies(),
            assembly => assembly.Name!.StartsWith("Microsoft.Diagnostics", StringComparison.Ordinal));
        Assert.Contains(typeof(EventSession).Assembly.GetReferencedAssemblies(),
            assembly => assembly.Name == "Microsoft.Diagnostics.Tracing.TraceEvent");
    }

    private static StageBreakdown Sum(IEnumerable<XePt.Cli.Profile.SeenEvent> events)
    {
        var sums = new StageSums();
        foreach (XePt.Cli.Profile.SeenEvent seen in events)
            sums.Add(seen);
        return sums.Breakdown;
    }

    private static XePt.Cli.Profile.SeenEvent Seen(long timeNs, string name, long thread) =>
        new(timeNs, XeEventInfo.All.Single(info => info.Name == name).Id, thread);

    /// <summary>Notes what is collected and what is read of it.</summary>
    private sealed class CollectingReader : IEventReader
    {
        public List<Stream> Collected { get; } = [];

        public List<Stream> Shown { get; } = [];

        public IReadOnlyList<ListenedProcess> Processes => [];

        public void Collect(string provider, Action act, Stream stream)
        {
            Collected.Add(stream);
            act();
        }

        public long Lost { get; init; }

        public void Read(string provider, Stream stream, Action<XePt.Cli.Profile.SeenEvent> see, Action<long> miss)
        {
            Shown.Add(stream);
            if (Lost > 0)
                miss(Lost);
        }

        public void Watch(int process, string meter, int seconds, Func<IReadOnlyList<MeterValue>, bool> show) => show([]);
    }
}
