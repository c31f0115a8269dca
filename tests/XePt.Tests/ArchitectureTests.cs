using System.Text.RegularExpressions;

namespace XePt.Tests;

/// <summary>The rooms of the engine depend on each other in one direction only.</summary>
public partial class ArchitectureTests
{
    // Diagnostics and Devices are data that everybody may read and that read no room.
    private static readonly string[] Order =
    [
        "Devices", "Diagnostics", "Memory", "Clocks", "Epochs", "Walk", "Fences", "Tlb", "Gpuva", "Stage", "Commit", "Calls", "Validate", "Pipeline",
        "Queues", "Faults", "Svm", "Userptr", "Evict", "Embedding",
    ];

    private static string EngineFolder => Path.Combine(RepositoryPaths.Root, "src", "PtEngine");

    public static TheoryData<string> Rooms =>
        [.. Directory.GetDirectories(EngineFolder).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj")).Select(name => name!)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_uses_only_rooms_before_it(string room)
    {
        int place = Array.IndexOf(Order, room);
        Assert.True(place >= 0, $"{room} is not in the order");
        foreach (string file in Directory.GetFiles(Path.Combine(EngineFolder, room), "*.cs"))
        {
            foreach (Match use in UsedRoom().Matches(File.ReadAllText(file)))
            {
                int used = Array.IndexOf(Order, use.Groups[1].Value);
                Assert.True(used <= place, $"{Path.GetFileName(file)} in {room} uses {use.Groups[1].Value}");
            }
        }
    }

    [Fact]
    public void Declarations_use_no_engine()
    {
        foreach (string file in Directory.GetFiles(Path.Combine(RepositoryPaths.Root, "src", "Uapi"), "*.cs", SearchOption.AllDirectories))
        {
            if (!file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                Assert.DoesNotMatch(UsedRoom(), File.ReadAllText(file));
        }
    }

    /// <summary>A switch of one's own over ops would not notice a new one; <c>[OpDispatch]</c> does.</summary>
    [Fact]
    public void Ops_are_told_apart_by_generated_dispatch_only()
    {
        foreach (string file in Directory.GetFiles(EngineFolder, "*.cs", SearchOption.AllDirectories))
        {
            if (!file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                Assert.DoesNotMatch(ArmOfOp(), File.ReadAllText(file));
        }
    }

    [GeneratedRegex(@"\bcase (?:VmBindOp|GpuvaOpKind)\.|\b(?:VmBindOp|GpuvaOpKind)\.\w+(?: or [\w.]+)*(?: when [^\r\n]+)? =>")]
    private static partial Regex ArmOfOp();

    [GeneratedRegex(@"^using (?:static )?XePt\.(Devices|Diagnostics|Memory|Clocks|Epochs|Walk|Tlb|Fences|Gpuva|Stage|Commit|Calls|Pipeline|Validate|Queues|Faults|Svm|Userptr|Evict)[;.]", RegexOptions.Multiline)]
    private static partial Regex UsedRoom();
}
