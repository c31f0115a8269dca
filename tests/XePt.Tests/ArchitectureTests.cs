using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp;
using XePt.Tests.Kit;

namespace XePt.Tests;

/// <summary>
/// The rooms of the engine, as <c>docs/architecture.md</c> lists them, depend on each other in one direction only: a file uses types of its
/// own room and of rooms above it in the list. What counts is where a type is declared, not its namespace.
/// </summary>
public partial class ArchitectureTests
{
    private static string EngineFolder => Path.Combine(RepositoryPaths.Root, "src", "PtEngine");

    private static string UapiFolder => Path.Combine(RepositoryPaths.Root, "src", "Uapi");

    // From top to bottom: name and sub-rooms.
    private static readonly (string Name, string[] SubRooms)[] Rooms = [
        .. ListedRooms(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "architecture.md")))];

    // Compiled once for all tests here.
    private static readonly Lazy<CSharpCompilation> Engine = new(() => SourceCompilation.Of(EngineSources()));

    private static readonly string[] Order = [.. Rooms.Select(room => room.Name)];

    [Fact]
    public void A_file_uses_only_types_of_rooms_above_it()
    {
        var uses = new RoomUses(Engine.Value);
        Assert.Equal([], uses.Unresolved());
        RoomUses.Use[] all = [.. uses.All()];
        Assert.NotEmpty(all);
        Assert.Equal([], Wrong(all, Order));
    }

    [Fact]
    public void The_list_of_rooms_is_the_tree_of_folders()
    {
        Assert.Equal(Folders(EngineFolder), Order.Order(StringComparer.Ordinal));
        foreach ((string name, string[] subRooms) in Rooms)
            Assert.Equal(Folders(Path.Combine(EngineFolder, name)), subRooms.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_guide_for_contributors_gives_the_same_order()
    {
        string guide = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "CONTRIBUTING.md"));
        Assert.Contains($"The order of the rooms is {string.Join(" < ", Order.Prepend("Uapi"))};", guide.ReplaceLineEndings(" "),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("class User : Low.Upper;", "base type")]
    [InlineData("class User { Low.Upper[]? member; }", "member")]
    [InlineData("unsafe class User { Low.Value* member; }", "pointer")]
    [InlineData("class User { System.Collections.Generic.List<Low.Upper> member = []; }", "generic argument")]
    [InlineData("class User { void M() { var local = Low.Factory.Make(); } }", "type of a local")]
    [InlineData("class User { int M() => Low.Factory.Made.Number; }", "declaring type of a member")]
    [InlineData("class User { [Low.Upper] void M() { } }", "attribute")]
    [InlineData("class User { const int N = Low.Upper.Constant; }", "constant")]
    [InlineData("class User { Low.Factory M() => new() { Other = new() }; }", "target type of new")]
    public void A_use_of_a_room_below_is_seen(string user, string what)
    {
        RoomUses.Use[] uses = [
            .. new RoomUses(SourceCompilation.Of(
                [("First/User.cs", user), ("First/Factory.cs", Factory), ("Second/Sub/Upper.cs", Upper)])).All()];
        Assert.True(Wrong(uses, ["First", "Second"]).Any(line => line.StartsWith("First/User.cs", StringComparison.Ordinal)), what);
        Assert.Equal([], Wrong(uses, ["Second", "First"]));
    }

    [Fact]
    public void Ops_are_told_apart_by_generated_code_only()
    {
        CSharpCompilation engine = Engine.Value, uapi = SourceCompilation.Of(UapiSources());
        string[] ops = OpComparisons.Dispatched(engine);
        Assert.Equal(["ExecQueueExtension", "ExecQueueProperty", "GemCreateExtension", "GpuvaOpKind", "VmBindOp"], ops);
        Assert.Equal(["VmBindOp"], OpComparisons.Dispatched(uapi));
        Assert.Equal([], OpComparisons.ByHand(engine, ops));
        Assert.Equal([], OpComparisons.ByHand(uapi, ops));
    }

    [Theory]
    [InlineData("op == VmBindOp.Map")]
    [InlineData("VmBindOp.Map != op")]
    [InlineData("op > VmBindOp.Map")]
    [InlineData("op is VmBindOp.Map or VmBindOp.Unmap")]
    [InlineData("given is { Op: VmBindOp.Map }")]
    [InlineData("op.Equals(VmBindOp.Map)")]
    [InlineData("op switch { VmBindOp.Map => true, _ => false }")]
    public void An_op_that_is_told_apart_by_hand_is_seen(string test)
    {
        string source = "using XePt.Uapi; class User { bool Is(VmBindOp op, DrmXeVmBindOp given) => " + test + "; }";
        Assert.Equal(["User.cs:1"], OpComparisons.ByHand(SourceCompilation.Of([("User.cs", source)]), ["VmBindOp"]));
    }

    [Theory]
    [InlineData("Begin")]
    [InlineData("End")]
    public void A_call_begins_and_ends_in_one_place(string member) =>
        Assert.Equal(
            ["Pipeline/Vm/VmEntry.cs"],
            MemberUses.Files(Engine.Value, "BindCall", member));

    // What a client is told has one way out of a call, and VM_BIND a short-cut to it.
    [Theory]
    [InlineData("Refuse", "AcceptSlowly", "Finish", "RefuseBind")]
    [InlineData("Accept", "Finish")]
    [InlineData("RefuseBind", "Bind", "Refuse")]
    [InlineData("AcceptBind", "Bind")]
    [InlineData("Remember", "Ioctl", "Refuse")]
    public void A_refusal_travels_one_way(string member, params string[] callers) =>
        Assert.Equal(callers, MemberUses.Methods(Engine.Value, "XeFile", member));

    // On the road the reason stands in the call, and in what is taken out of it at the end. Below in the list are those who were told.
    [Fact]
    public void A_reason_is_kept_in_the_call_alone()
    {
        string[] road = Order[Array.IndexOf(Order, "Outcomes")..Array.IndexOf(Order, "Queues")];
        Assert.Equal(
            ["CallAnswer", "RefusalSink"],
            MemberUses.Keepers(Engine.Value, nameof(XePt.Uapi.Rejection), file => road.Contains(file.Split('/')[0])));
    }

    [Fact]
    public void No_room_explains_errnos_for_others() =>
        Assert.Equal([], MemberUses.Converters(Engine.Value, nameof(XePt.Uapi.Errno), "Outcome"));

    [Theory]
    [InlineData("class User { public Reason Why; }")]
    [InlineData("class User { Reason Why { get; set; } }")]
    [InlineData("record struct User(Reason Why);")]
    [InlineData("partial class User { Reason _why; } partial class User { }")]
    public void A_type_that_keeps_a_reason_is_seen(string user) =>
        Assert.Equal(["User"], MemberUses.Keepers(SourceCompilation.Of([("User.cs", user + " struct Reason; ")]), "Reason", _ => true));

    [Theory]
    [InlineData("class User { public Way Explain(Code code) => default; }", true)]
    [InlineData("class User { internal static Way Explain(int at, in Code code) => default; }", true)]
    [InlineData("class User { private Way Explain(Code code) => default; }", false)]
    [InlineData("class User { public Way Find(out Code code) { code = default; return default; } }", false)]
    public void A_method_that_explains_for_others_is_seen(string user, bool isSeen) =>
        Assert.Equal(
            isSeen ? ["User.Explain"] : [],
            MemberUses.Converters(SourceCompilation.Of([("User.cs", user + " struct Way; struct Code; ")]), "Code", "Way"));

    [Fact]
    public void A_room_that_is_not_in_the_order_is_wrong()
    {
        RoomUses.Use[] uses = [
            .. new RoomUses(SourceCompilation.Of([("First/User.cs", "class User : Low.Upper;"), ("Second/Sub/Upper.cs", Upper)])).All()];
        Assert.NotEmpty(Wrong(uses, ["First"]));
        Assert.NotEmpty(Wrong(uses, ["Second"]));
    }

    [Fact]
    public void Declarations_use_no_engine() =>
        // An assembly of its own: its references say it all.
        Assert.DoesNotContain(typeof(XePt.Uapi.Errno).Assembly.GetReferencedAssemblies(),
            assembly => assembly.Name!.StartsWith("XePt", StringComparison.Ordinal));

    // All of them share one namespace, as many rooms of the engine do.
    private const string Upper =
        "namespace Low { class Upper : System.Attribute { public const int Constant = 1; public int Number; } struct Value; }";
    private const string Factory =
        "namespace Low { class Factory { public Upper? Other; public static Upper Made => new(); public static Upper Make() => Made; } }";

    private static IEnumerable<string> Wrong(IEnumerable<RoomUses.Use> uses, string[] order) =>
        from use in uses
        let place = Array.IndexOf(order, use.Room)
        let used = Array.IndexOf(order, use.UsedRoom)
        where place < 0 || used < 0 || used > place
        select $"{use.File} in {use.Room} uses {use.Type} of {use.UsedRoom}";

    // Module.cs lies in no room: it holds what is said to the compiler about the whole assembly.
    private static IEnumerable<(string Path, string Text)> EngineSources() =>
        from room in Folders(EngineFolder)
        from source in Sources(EngineFolder, room)
        select source;

    private static IEnumerable<(string Path, string Text)> UapiSources() =>
        from folder in Folders(UapiFolder).Prepend(".")
        from source in Sources(UapiFolder, folder)
        select source;

    private static IEnumerable<(string Path, string Text)> Sources(string root, string folder) =>
        from file in Directory.GetFiles(
            Path.Combine(root, folder), "*.cs", folder == "." ? SearchOption.TopDirectoryOnly : SearchOption.AllDirectories)
        select (Path.GetRelativePath(root, file).Replace(Path.DirectorySeparatorChar, '/'), File.ReadAllText(file));

    private static IEnumerable<string> Folders(string folder) =>
        Directory.GetDirectories(folder).Select(path => Path.GetFileName(path)).Where(name => name is not ("bin" or "obj"))
            .Order(StringComparer.Ordinal);

    // The list stands between the lines of PtEngine and of Cli: a room on a line of its own, its sub-rooms in what is said of it.
    private static IEnumerable<(string Name, string[] SubRooms)> ListedRooms(string document)
    {
        string list = EngineList().Match(document).Groups[1].Value;
        return from Match room in RoomEntry().Matches(list)
               select (room.Groups[1].Value, SubRoom().Matches(room.Groups[2].Value).Select(sub => sub.Groups[1].Value).ToArray());
    }

    [GeneratedRegex(@"^src/PtEngine/.*\n((?:  .*\n)+)src/Cli/", RegexOptions.Multiline)]
    private static partial Regex EngineList();

    [GeneratedRegex(@"^  ([A-Z]\w+)/(.*\n(?:   .*\n)*)", RegexOptions.Multiline)]
    private static partial Regex RoomEntry();

    [GeneratedRegex(@"\b([A-Z]\w+)/")]
    private static partial Regex SubRoom();
}
