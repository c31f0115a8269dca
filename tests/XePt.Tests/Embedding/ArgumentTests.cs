using System.Reflection;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.Embedding;

/// <summary>An argument that means nothing is refused by name, value and range, and nothing has happened.</summary>
public class ArgumentTests
{
    private static readonly Dictionary<string, Action<XeVm, int>> OfTile = new()
    {
        ["RootAddress"] = (vm, tile) => vm.RootAddress(tile),
        ["RootDescriptor"] = (vm, tile) => vm.RootDescriptor(tile),
        ["EmptyEntry"] = (vm, tile) => vm.EmptyEntry(0, tile),
        ["GetMappings"] = (vm, tile) => vm.GetMappings(tile),
        ["GetTableMemory"] = (vm, tile) => vm.GetTableMemory(tile),
        ["GetTlbSpace"] = (vm, tile) => vm.GetTlbSpace(tile),
        ["OpenWalker"] = (vm, tile) => vm.OpenWalker(tile).Dispose(),
        ["TraceWalk"] = (vm, tile) => vm.TraceWalk(A, tile),
        ["Translate"] = (vm, tile) => vm.Translate(A, tile),
        ["Translate beyond the VM"] = (vm, tile) => vm.Translate(ulong.MaxValue, tile),
        ["Translate many"] = (vm, tile) => vm.Translate([A], new Translation[1], tile),
        ["Read"] = (vm, tile) => vm.Read(A, new byte[4], tile),
        ["Read a value"] = (vm, tile) => vm.Read<int>(A, tile),
        ["TryRead"] = (vm, tile) => vm.TryRead<int>(A, out _, tile),
        ["Write"] = (vm, tile) => vm.Write(A, new byte[4], tile),
        ["Write a value"] = (vm, tile) => vm.Write(A, 1, tile),
        ["TryWrite"] = (vm, tile) => vm.TryWrite(A, 1, tile),
        ["TryGetSpan"] = (vm, tile) => vm.TryGetSpan(A, out _, tile),
        ["TryGetWritableSpan"] = (vm, tile) => vm.TryGetWritableSpan(A, out _, tile),
        ["VisitTables"] = Visit,
    };

    private static readonly Dictionary<string, Action<XeVm, ulong, ulong>> OfRange = new()
    {
        ["BindRange"] = (vm, start, end) => vm.BindRange(new(start, end), false, new PhysicalRun(0x8000, 0x1000)),
        ["UnbindRange"] = (vm, start, end) => vm.UnbindRange(new(start, end)),
        ["ZapRange"] = (vm, start, end) => vm.ZapRange(new(start, end)),
    };

    public static TheoryData<string, string> Tiles =>
        [.. from name in OfTile.Keys from platform in new[] { "lnl", "bmg", "pvc-2t" } select (name, platform)];

    public static TheoryData<string> Ranges => [.. OfRange.Keys];

    [Fact]
    public void Every_member_that_takes_a_tile_is_among_these() =>
        Assert.Equal(
            typeof(XeVm).GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(method => !method.IsPrivate && method.GetParameters().Any(parameter => parameter.Name == "tile"))
                .Select(method => method.Name).Distinct().Order(),
            OfTile.Keys.Select(key => key.Split(' ')[0]).Distinct().Order());

    [Theory]
    [MemberData(nameof(Tiles))]
    public void A_tile_that_the_device_does_not_have(string name, string platform)
    {
        Assert.True(XePlatforms.TryGet(platform, out PlatformInfo? info));
        using var scene = new BindScene(vmFlags: 0, platform: info);
        scene.Do(Op.Null(A, 0x1000));
        ulong before = scene.Vm.StateHash();
        foreach (int tile in new[] { -1, info.TileCount, int.MaxValue, int.MinValue })
        {
            var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => OfTile[name](scene.Vm, tile));
            Assert.Equal(("tile", (object)tile), (thrown.ParamName, thrown.ActualValue));
            Assert.Contains($"0 to {info.TileCount - 1}", thrown.Message, StringComparison.Ordinal);
        }

        // Nothing is held: neither a pin nor the VM.
        Assert.Equal(before, scene.Vm.StateHash());
        for (int tile = 0; tile < info.TileCount; tile++)
            OfTile[name](scene.Vm, tile);
        scene.Do(Op.Unmap(A, 0x1000));
        Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = scene.Vm.Id }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OfTile[name](scene.Vm, info.TileCount));
        Assert.Equal(0, scene.Device.TablesInUse);
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void A_range_that_is_not_made_of_pages(string name)
    {
        using var scene = new BindScene();
        scene.Do(scene.Mirror(0, 0x10_0000));
        Assert.Equal(Errno.Ok, scene.Vm.BindRange(new(0x3000, 0x4000), false, new PhysicalRun(0x8000, 0x1000)));
        ulong before = scene.Vm.StateHash();
        (ulong, ulong)[] ranges = [(0x3001, 0x4000), (0x3000, 0x4001), (0x3fff, 0x4000), (0x3000, 0x3000), (0x4000, 0x3000)];
        foreach ((ulong start, ulong end) in ranges)
        {
            var thrown = Assert.Throws<ArgumentException>(() => OfRange[name](scene.Vm, start, end));
            Assert.Contains($"[0x{start:x}, 0x{end:x})", thrown.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, scene.Vm.StateHash());
        Assert.Equal(0x8000ul, scene.Vm.Translate(0x3000).Address);
        Assert.Equal(Errno.Ok, scene.Vm.UnbindRange(new(0x3000, 0x4000)));
        scene.Do(Op.Unmap(0, 0x10_0000));
    }

    [Fact]
    public void A_level_that_the_tables_do_not_have()
    {
        using var scene = new BindScene(vmFlags: 1);
        int root = scene.Device.Platform.RootLevel;
        foreach (int level in new[] { -1, root + 1, int.MaxValue })
        {
            var thrown = Assert.Throws<ArgumentOutOfRangeException>(() => scene.Vm.EmptyEntry(level));
            Assert.Equal(("level", (object)level), (thrown.ParamName, thrown.ActualValue));
            Assert.Contains($"0 to {root}", thrown.Message, StringComparison.Ordinal);
        }

        Assert.All(Enumerable.Range(0, root + 1), level => Assert.NotEqual(0ul, scene.Vm.EmptyEntry(level)));
    }

    [Fact]
    public void An_entry_is_read_at_its_own_address_only()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 0x1000));
        IGpuMemory memory = scene.Vm.GetTableMemory();
        ulong root = scene.Vm.RootAddress();
        for (ulong offset = 1; offset < 8; offset++)
        {
            var thrown = Assert.Throws<ArgumentException>(() => memory.TryReadEntry(root + offset, out _));
            Assert.Contains($"0x{root + offset:x}", thrown.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => memory.TryReadEntry(ulong.MaxValue, out _));
        Assert.True(memory.TryReadEntry(root + 8, out _));
        Assert.False(memory.TryReadEntry(ulong.MaxValue - 7, out ulong nothing));
        Assert.Equal(0ul, nothing);
    }

    [Fact]
    public void A_child_is_asked_for_by_an_index_of_the_table()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 0x1000), Op.Null(2 * A, 0x20_0000));
        var visitor = new ChildVisitor();
        scene.Vm.VisitTables(ref visitor);
        Assert.True(visitor.Tables > 2);
    }

    [Fact]
    public void A_region_that_the_device_does_not_have()
    {
        using var scene = new BindScene(vmFlags: 0);
        uint x = scene.Bo("X", 0x1000);
        scene.Do(Op.Map(x, A, 0x1000));
        ulong before = scene.Vm.StateHash();
        foreach (int region in new[] { -1, 2, int.MaxValue })
        {
            foreach (PhysicalRun[] runs in new PhysicalRun[][] { [], [new PhysicalRun(0x8000, 0x1000)] })
            {
                var gem = new DrmXeGemCreate { Size = 0x1000, Placement = 1, CpuCaching = CpuCaching.WriteBack };
                Names(region, Assert.Throws<ArgumentOutOfRangeException>(() => scene.File.GemCreate(ref gem, region, runs)));
                Names(region, Assert.Throws<ArgumentOutOfRangeException>(() => scene.File.MoveBo(x, region, runs)));
            }

            // Without runs it is a request that the device refuses.
            Assert.Equal(Errno.EINVAL, scene.File.MoveBo(x, region));
        }

        Assert.Equal((before, 1), (scene.Vm.StateHash(), scene.File.Bos.Count));
        scene.Do(Op.Unmap(A, 0x1000));

        static void Names(int region, ArgumentOutOfRangeException thrown)
        {
            Assert.Equal(("region", (object)region), (thrown.ParamName, thrown.ActualValue));
            Assert.Contains("0 to 1", thrown.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_device_is_not_made_with_choices_that_mean_nothing()
    {
        Assert.Throws<ArgumentNullException>(() => new XeDevice(null!));
        XeDeviceOptions[] wrong =
        [
            new() { JobSink = null! }, new() { Profile = (XeProfile)9 }, new() { Drive = (DriveMode)9 }, new() { PageTableWindow = 0x1001 },
            new() { CpuVisibleVramBytes = 1 },
        ];
        foreach (XeDeviceOptions options in wrong)
            Assert.Equal("options", Assert.Throws<ArgumentException>(() => new XeDevice(XePlatforms.Bmg, options)).ParamName);
    }

    [Fact]
    public void A_client_has_memory_and_a_pump_runs_no_fewer_than_no_jobs()
    {
        using var scene = new BindScene(vmFlags: 0);
        IUserMemory memory = scene.File.UserMemory;
        Assert.Throws<ArgumentNullException>(() => scene.File.UserMemory = null!);
        Assert.Same(memory, scene.File.UserMemory);
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Device.Pump(-1));
        Assert.Equal(0, scene.Device.Pump(0));
        Assert.Throws<ArgumentNullException>(() => scene.Device.CreateFence(null!));
    }

    private static void Visit(XeVm vm, int tile)
    {
        var visitor = new ChildVisitor();
        vm.VisitTables(ref visitor, tile);
    }

    private struct ChildVisitor : ITableVisitor
    {
        public int Tables { get; private set; }

        public void Visit(in TableView table)
        {
            Tables++;
            foreach (int index in new[] { -1, table.Entries.Length, int.MaxValue })
            {
                ArgumentOutOfRangeException? thrown = null;
                try
                {
                    table.HasChild(index);
                }
                catch (ArgumentOutOfRangeException exception)
                {
                    thrown = exception;
                }

                Assert.Equal(("index", (object?)index), (thrown?.ParamName, thrown?.ActualValue));
            }

            bool hasChild = table.HasChild(0) | table.HasChild(table.Entries.Length - 1);
            Assert.False(table.Level == 0 && hasChild);
        }
    }
}
