using System.Text.Json;
using XePt.Cli.Traces;
using XePt.Devices;

namespace XePt.Tests.Packages;

/// <summary>Programs that know nothing of XePt run on a render node without hardware. Run when asked for (<c>-explicit only</c>), as CI
/// does: they need gcc, which builds the libraries and the programs.</summary>
[Collection(nameof(NativeFolder))]
public sealed class RenderNodeTests(NativeFolder folder)
{
    private const string SeccompActions = "/proc/sys/kernel/seccomp/actions_avail";

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
        string file = Path.Combine(folder.Consumer("reports"), $"conformance.{platform}.json");
        string said = Exec("conformance", ["--platform", platform, "--check", "--json", "--report", file]);
        IsRight(said, parts: 19, Unasked(platform));
        JsonElement report = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        Assert.True(report.GetProperty("checked").GetBoolean());
        Assert.True(report.GetProperty("tables_compared").GetInt64() > 0 && report.GetProperty("accesses_checked").GetInt64() > 0);
        Assert.Equal(0, report.GetProperty("violations").GetInt64());
    }

    /// <summary>A part that fills device memory has objects driven out, and one that faults has faults: its bytes alone would be right
    /// without.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg", "eviction", "evictions", 1)]
    [InlineData("bmg", "eviction", "moves", 1)]
    [InlineData("dg2", "eviction", "evictions", 1)]
    [InlineData("bmg", "faults", "faults", 1)]
    [InlineData("lnl", "faults", "faults", 1)]
    [InlineData("pvc-2t", "faults", "faults", 1)]
    [InlineData("bmg", "batches", "evictions", 0)]
    [InlineData("bmg", "batches", "faults", 0)]
    public void What_a_part_is_about_has_happened(string platform, string part, string what, int least)
    {
        string file = Path.Combine(folder.Consumer("reports"), $"{part}.{platform}.json");
        IsRight(Exec("conformance", ["--platform", platform, "--json", "--report", file], part), parts: 1);
        long count = JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty(what).GetInt64();
        Assert.True(least > 0 ? count >= least : count == 0, $"{what}: {count}");
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
        IsRightAndChecked(Exec("process", ["--platform", platform, "--check", "--report"]), parts: 16, WithoutMirrors(platform));
    }

    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [InlineData("dg2")]
    [Rule("RN-022")]
    [Rule("RN-062")]
    [Rule("RN-063")]
    [Rule("RN-064")]
    [Rule("RN-065")]
    public void It_answers_what_a_vulkan_driver_asks(string platform) =>
        IsRightAndChecked(Exec("driver", ["--platform", platform, "--check", "--report"]), parts: 4);

    /// <summary>Devices, clients and processes share buffer objects and fences.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [Rule("RN-006")]
    public void What_is_shared_is_the_same_on_all_sides(string platform) =>
        IsRightAndChecked(Exec("across", ["--platform", platform, "--devices", "2", "--check", "--report"]), parts: 5);

    /// <summary>Children by vfork and posix_spawn, handlers of forks and of signals.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-002")]
    [Rule("RN-005")]
    [Rule("RN-006")]
    public void What_children_and_handlers_do_is_as_ever() => IsRightAndChecked(Exec("children", ["--check", "--report"]), parts: 7);

    /// <summary>Processes fill device memory together: they see each other's, make room for each other, and give back when they are
    /// killed.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("dg2")]
    [InlineData("pvc-2t")]
    [Rule("RN-006")]
    public void Device_memory_is_counted_across_processes(string platform) =>
        IsRightAndChecked(Exec("vram", ["--platform", platform, "--check", "--report"]), parts: 8);

    /// <summary>Time-outs, sleeps, hanging jobs and time stamps by the computer's clock, and by one that passes only where somebody
    /// waits.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg", "virtual")]
    [InlineData("lnl", "virtual")]
    [InlineData("bmg", "real")]
    [Rule("RN-044")]
    public void Time_is_real_or_virtual(string platform, string time) =>
        IsRightAndChecked(
            Exec("clock", ["--platform", platform, "--time", time, "--check", "--report"]), parts: 6,
            time == "real" ? ["hangs", "changes"] : []);

    /// <summary>What programs do besides does not ask which time it is.</summary>
    [Theory(Explicit = true)]
    [InlineData("conformance", 19)]
    [InlineData("process", 16)]
    public void In_virtual_time_programs_find_the_same(string program, int parts) =>
        IsRightAndChecked(Exec(program, ["--time", "virtual", "--check", "--report"]), parts, program == "process" ? Unheard : []);

    /// <summary>An allocator of the program's own, which gives memory back to the system under its lock, holds nobody up: the runtime needs
    /// memory of it, too.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-004")]
    public void A_program_may_have_an_allocator_of_its_own()
    {
        string program = Build("process"), library = Build("allocator", "-shared", "-fPIC", "-fno-builtin");
        // Of a list of libraries blanks are separators, and paths of the folder have some.
        string add = $"LD_PRELOAD=$LD_PRELOAD:./{Path.GetRelativePath(folder.Place, library)} exec timeout 100 \"$@\"";
        string said = Shell.Run(
            folder.Place, "dotnet", Tool, "exec", "--library", Path.Combine(folder.Prefix, "lib"), "--", "sh", "-c", add, "sh", program,
            "userptr", "rebinds", "waits", "mirror", "mirror-changes", "forks", "churning");
        IsRight(said, parts: 7);
    }

    /// <summary>Each has an engine of its own, and what the program's does to memory disturbs nobody.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-004")]
    public void A_program_may_be_linked_with_the_library_itself()
    {
        string libraries = Path.Combine(folder.Prefix, "lib");
        Build(
            "linked", "-I", Path.Combine(folder.Prefix, "include"), "-L", libraries, "-Wl,--no-as-needed", "-l:libxept.so.1",
            $"-Wl,-rpath,{libraries}");
        IsRightAndChecked(Exec("linked", ["--check", "--report"]), parts: 1);
    }

    /// <summary>A process that answers for a program ends with it, and somebody waits for it.</summary>
    [Fact(Explicit = true)]
    public void Nothing_is_left_of_a_program()
    {
        string name = $"x{Random.Shared.NextInt64(1L << 48):x}", copy = Path.Combine(folder.Consumer("programs"), name);
        File.Copy(Build("process"), copy);
        Shell.Run(
            folder.Place, "dotnet", Tool, "exec", "--library", Path.Combine(folder.Prefix, "lib"), "--", copy, "userptr", "descendants");
        Assert.DoesNotContain(name, Directory.EnumerateDirectories("/proc").Select(process => CommandOf(process)));
    }

    private static string CommandOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            // No process, or one that has just ended.
            return "";
        }
    }

    /// <summary>180 000 ioctls and 10 000 batches that nobody should make; a part of them with the checks on.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    public void Hostile_input_harms_nobody(string platform)
    {
        IsRight(Exec("hostile", ["--platform", platform]), parts: 7);
        string built = Build("hostile"), libraries = Path.Combine(folder.Prefix, "lib");
        string said = Shell.Run(
            folder.Place, "env", "HOSTILE_CALLS=20000", "HOSTILE_BATCHES=1000", "dotnet", Tool, "exec", "--library", libraries,
            "--platform", platform, "--check", "--report", "--", built);
        IsRightAndChecked(said, parts: 7);
    }

    /// <summary>What the system does with descriptors of devices: they are waited for and interrupted, closed without a word, mapped and
    /// written as they may not be, and come from other programs.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [Rule("RN-006")]
    [Rule("RN-020")]
    [Rule("RN-061")]
    public void Descriptors_are_files_like_others(string platform) =>
        IsRightAndChecked(Exec("files", ["--platform", platform, "--check", "--report"]), parts: 7);

    /// <summary>Somebody who may do nothing: the system takes his questions of memory only from who gives up new privileges.</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    public void A_program_without_privileges_finds_the_same(string platform)
    {
        foreach ((string program, int parts, string[] skipped) in
            ((string, int, string[])[])[("conformance", 19, Unasked(platform)), ("process", 16, Unheard)])
        {
            string built = Build(program);
            string[] command = [
                "dotnet", Tool, "exec", "--library", Path.Combine(folder.Prefix, "lib"), "--platform", platform, "--check", "--report",
                "--", built];
            // Who is root becomes somebody else; the folder of these tests is open to him.
            string[] asNobody = Environment.IsPrivilegedProcess
                ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "HOME=/tmp", .. command] : command;
            Shell.Run(folder.Place, "chmod", "-R", "a+rX", folder.Place);
            IsRightAndChecked(Shell.Run(folder.Place, asNobody[0], asNobody[1..]), parts, skipped);
        }
    }

    /// <summary>The measurement of what the way through the library costs runs; what it says is for people.</summary>
    [Fact(Explicit = true)]
    public void The_cost_of_the_way_can_be_measured()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/gcc"), "gcc is not installed");
        string said = Shell.Run(
            RepositoryPaths.Root, "env", $"NATIVE={folder.Prefix}", "ROUNDS=100", "NO_BUILD=1", "bash", "bench/RenderNode/preload.sh");
        Assert.Matches(@"(?m)^beyond the engine's own time: map -?\d+ ns, unmap -?\d+ ns$", said);
    }

    [Fact(Explicit = true)]
    public void What_fails_is_explained()
    {
        string said = Exec("conformance", ["--explain"], "answers");
        Assert.Contains("xept: DEVICE_QUERY: -EINVAL: size = ", said, StringComparison.Ordinal);
        Assert.Contains("xept: VERSION: -EFAULT: arg = 0x0: [0x0, 0x40) cannot be read", said, StringComparison.Ordinal);

        string batch = Exec("conformance", ["--explain"], "resets");
        Assert.Contains("xept: EXEC: -ECANCELED", batch, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^xept: job 1 of .*: fetch: read at 0x\w+: NotPresent", batch);
    }

    /// <summary>What the library answers itself, and not the engine, has a sentence as well. <c>XEPT_UPDATE_GOLDEN=1</c> writes the file
    /// anew.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-006")]
    [Rule("RN-023")]
    [Rule("RN-061")]
    public void What_is_refused_is_explained_by_name_field_and_rule()
    {
        string said = Exec("refused", ["--explain"]);
        IsRight(said, parts: 5);
        string lines = string.Concat(said.Split('\n').Where(line => line.StartsWith("xept: ", StringComparison.Ordinal))
            .Select(line => line + '\n'));
        string golden = Path.Combine(Sources, "refused.txt");
        if (Environment.GetEnvironmentVariable("XEPT_UPDATE_GOLDEN") == "1")
            File.WriteAllText(golden, lines);
        Assert.Equal(File.ReadAllText(golden), lines);
        // In the report a refusal has the same rule.
        string file = Path.Combine(folder.Consumer("reports"), "refused.json");
        Exec("refused", ["--json", "--report", file]);
        Assert.Contains(
            JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("refusals").EnumerateArray(),
            row => row.GetProperty("name").GetString() == "GET_CAP" && row.GetProperty("errno_name").GetString() == "EOPNOTSUPP"
                && row.GetProperty("rule").GetString() == "RN-061");
    }

    /// <summary>The sample is a program like any other: it is built where the headers and the loader of Vulkan are.</summary>
    [Fact(Explicit = true)]
    public void The_sample_for_vulkan_builds() => BuildVulkanSample();

    /// <summary>Mesa is nobody's to bring along, so that CI skips this.</summary>
    [Fact(Explicit = true)]
    public void The_sample_for_vulkan_runs_on_mesas_driver()
    {
        string sample = BuildVulkanSample(), driver = Environment.GetEnvironmentVariable("VK_ICD_FILENAMES") ?? "";
        Assert.SkipUnless(File.Exists(driver), "VK_ICD_FILENAMES names no Vulkan driver for Intel's devices, built with the Xe back end");
        string said = Shell.Run(
            folder.Place, "dotnet", Tool, "exec", "--library", Path.Combine(folder.Prefix, "lib"), "--platform", "bmg", "--explain",
            "--check", "--report", "--", sample, "8");
        Assert.EndsWith("; nothing was wrong\n", said, StringComparison.Ordinal);
    }

    /// <summary>The error output may be a pipe that nobody reads: the program goes on.</summary>
    [Fact(Explicit = true)]
    [Rule("RN-005")]
    public void Nobody_has_to_read_what_is_explained()
    {
        string built = Build("refused"), libraries = Path.Combine(folder.Prefix, "lib");
        string file = Path.Combine(folder.Consumer("reports"), "unread.txt");
        Shell.Run(
            folder.Place, "sh", "-c", "file=$1; shift; \"$@\" 2>&1 >\"$file\" | true", "sh", file, "dotnet", Tool, "exec", "--explain",
            "--library", libraries, "--", built);
        IsRight(File.ReadAllText(file), parts: 5);
    }

    /// <summary>What programs ask, and what they do to their memory. Of the program for devices and processes only what one device answers
    /// is in a trace: descriptors of other processes, and names of objects, stand for nothing there, and its devices reach one another's
    /// objects in system memory alone (docs/render-node.md).</summary>
    [Theory(Explicit = true)]
    [InlineData("bmg")]
    [InlineData("lnl")]
    [InlineData("tgl")]
    [InlineData("dg2")]
    [InlineData("pvc-2t")]
    public void A_recorded_run_replays_with_the_same_results(string platform)
    {
        Replays(platform, "conformance", 19, Unasked(platform));
        Assert.Contains("cpu_invalidate", Replays(platform, "process", 16, WithoutMirrors(platform)), StringComparison.Ordinal);
        // No Vulkan driver knows the other one: it has no geometry.
        if (platform != "pvc-2t")
            Replays(platform, "driver", 4, []);
        Replays(platform, "clock", 6, ["hangs", "changes"]);
        Replays(platform, "across", 2, [], "impostors", "events");
    }

    private string Replays(string platform, string program, int parts, string[] skipped, params string[] only)
    {
        string trace = Path.Combine(folder.Consumer("traces"), $"{program}.{platform}.xetrace");
        IsRight(Exec(program, ["--platform", platform, "--trace", trace], only), parts, skipped);
        string said = Shell.Run(RepositoryPaths.Root, "dotnet", Tool, "run", "--expect", trace);
        Assert.Contains("everything is as expected", said, StringComparison.Ordinal);
        return File.ReadAllText(trace);
    }

    /// <summary>A library in front of the engine writes a leaf into its tables that nobody has asked for.</summary>
    [Fact(Explicit = true)]
    public void A_wrong_entry_is_found_said_and_returned()
    {
        string program = Build("conformance"), planted = folder.Consumer("planted"), real = Path.Combine(folder.Prefix, "lib");
        foreach (string name in new[] { "libxept-rendernode.so", "libxept-record.so" })
            File.CreateSymbolicLink(Path.Combine(planted, name), Path.Combine(real, name));
        Shell.Run(
            folder.Place, "gcc", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", Path.Combine(Sources, "plant.c"),
            "-I", Path.Combine(folder.Prefix, "include"), "-o", Path.Combine(planted, "libxept.so.1"), "-L", real, "-Wl,--no-as-needed",
            "-l:libxept.so.1", $"-Wl,-rpath,{real}");
        string said = Shell.RunTo(
            125, folder.Place, "dotnet", Tool, "exec", "--library", planted, "--check", "--report", "--", program, "batches");
        Assert.Matches(
            "(?m)^xept: check: after DRM_IOCTL_XE_VM_BIND: vm 1 tile 0: 0x100010000: expected no leaf, found 4K leaf 0x[0-9a-f]+ present",
            said);
        Assert.Contains("ok batches", said, StringComparison.Ordinal);
        Assert.Contains("check: after DRM_IOCTL_XE_VM_BIND: vm 1", said, StringComparison.Ordinal);
        Assert.EndsWith("; 1 violation\n", said, StringComparison.Ordinal);
        string unchecked_ = Shell.Run(folder.Place, "dotnet", Tool, "exec", "--library", planted, "--", program, "batches");
        Assert.DoesNotContain("check", unchecked_, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void A_report_counts_all_processes_and_what_they_leave()
    {
        string file = Path.Combine(folder.Consumer("reports"), "forks.json");
        Exec("conformance", ["--json", "--report", file], "forks", "resets");
        JsonElement report = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        Assert.True(report.GetProperty("processes").GetArrayLength() > 2);
        Assert.False(report.GetProperty("checked").GetBoolean());
        JsonElement vms = Assert.Single(
            report.GetProperty("ioctls").EnumerateArray(), row => row.GetProperty("name").GetString() == "VM_CREATE");
        Assert.Equal(vms.GetProperty("count").GetInt64(), report.GetProperty("vms").GetInt64());
        Assert.Contains(report.GetProperty("refusals").EnumerateArray(), row => row.GetProperty("name").GetString() == "EXEC"
            && row.GetProperty("errno_name").GetString() == "ECANCELED" && row.GetProperty("rule").GetString() == "BIND-108");
        Assert.True(report.GetProperty("jobs_failed").GetInt64() > 0);
        // The parts of the program close their descriptors and nothing else.
        Assert.True(report.GetProperty("left_at_close").GetProperty("vms").GetInt64() > 0);
        string text = Exec("conformance", ["--report"], "memory");
        Assert.Contains("\nVM_BIND ", text, StringComparison.Ordinal);
        Assert.Contains(" on bmg: exit code 0, 1 process\n", text, StringComparison.Ordinal);
    }

    /// <summary>What the system must answer for parts of a program to have something to do.</summary>
    private static string[] Unheard =>
        HasUserNotification && Environment.GetEnvironmentVariable("XEPT_SECCOMP") != "0" ? [] : ["unheard", "children-unheard"];

    private static bool HasUserNotification =>
        OperatingSystem.IsOSPlatformVersionAtLeast("linux", 5, 19) && File.Exists(SeccompActions)
        && File.ReadAllText(SeccompActions).Contains("user_notif", StringComparison.Ordinal);

    /// <summary>Parts of the conformance program that ask for what a platform does not have.</summary>
    private static string[] Unasked(string platform)
    {
        PlatformInfo of = PlatformNames.Parse(platform);
        return [.. of.HasFaultMode ? [] : (string[])["faults"], .. of.IsDiscrete ? [] : (string[])["eviction"]];
    }

    private static string[] WithoutMirrors(string platform) => PlatformNames.Parse(platform).HasFaultMode ? Unheard :
        [
            "mirror", "mirror-refusals", "mirror-changes", "forks", "behind", "unheard", "children-unheard", "segments", "churning",
        ];

    private static void IsRightAndChecked(string said, int parts, params string[] skipped)
    {
        IsRight(said, parts, skipped);
        Assert.EndsWith("; nothing was wrong\n", said, StringComparison.Ordinal);
    }

    private static void IsRight(string said, int parts, params string[] skipped)
    {
        const string marker = "skipped ";
        string[] lines = said.Split('\n');
        Assert.DoesNotContain("not ok", said, StringComparison.Ordinal);
        Assert.Equal(
            skipped, lines.Where(line => line.StartsWith(marker, StringComparison.Ordinal))
                .Select(line => line[marker.Length..line.IndexOf(':', StringComparison.Ordinal)]));
        Assert.Equal(parts - skipped.Length, lines.Count(line => line.StartsWith("ok ", StringComparison.Ordinal)));
    }

    private static string Tool => Path.Combine(AppContext.BaseDirectory, "xept.dll");

    private string Exec(string program, string[] options, params string[] arguments)
    {
        // First of all: without a compiler it skips the test.
        string built = Build(program), libraries = Path.Combine(folder.Prefix, "lib");
        return Shell.Run(
            folder.Place, "dotnet", [Tool, "exec", "--library", libraries, .. options, "--", built, .. arguments]);
    }

    private string BuildVulkanSample()
    {
        Assert.SkipUnless(File.Exists("/usr/include/vulkan/vulkan.h"), "the headers of Vulkan are not installed (Debian: libvulkan-dev)");
        return BuildFrom(Path.Combine(RepositoryPaths.Root, "samples", "VulkanMemory", "vulkan-memory.c"), "-lvulkan");
    }

    private string Build(string program, params string[] how) => BuildFrom(Path.Combine(Sources, program + ".c"), how);

    private string BuildFrom(string source, params string[] how)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/gcc"), "gcc is not installed");
        string built = Path.Combine(folder.Consumer("programs"), Path.GetFileNameWithoutExtension(source));
        if (!File.Exists(built))
        {
            // Libraries come behind what needs them.
            Shell.Run(
                folder.Place, "gcc", ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", source, "-o", built, "-pthread", .. how]);
        }

        return built;
    }
}
