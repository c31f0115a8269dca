using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.CpuModel.TestProcess;

namespace XePt.Tests.CpuModel;

/// <summary>The end of a process object: once, whoever is still inside, and told to whom calls it later.</summary>
public class ModelDisposeTests
{
    private static readonly AddressRange Pages = AddressRange.OfSize(Base, 4 * Page);

    public static TheoryData<string> Calls => [.. Late.Keys];

    private static Dictionary<string, Action<ModelProcess>> Late { get; } = new()
    {
        ["Map"] = process => process.Map(Pages, CpuProtection.ReadWrite),
        ["MapAnywhere"] = process => process.MapAnywhere(out _, Page, CpuProtection.ReadWrite),
        ["Unmap"] = process => process.Unmap(Pages),
        ["Protect"] = process => process.Protect(Pages, CpuProtection.Read),
        ["Discard"] = process => process.Discard(Pages),
        ["Raise"] = process => process.Raise(CpuChangeKind.Clear, Pages),
        ["Remap"] = process => process.RemapTo(Pages, AddressRange.OfSize(Base + Huge, 4 * Page)),
        ["RemapKeeping"] = process => process.RemapKeeping(Pages, null, out _),
        ["Lock"] = process => process.Lock(Pages),
        ["Unlock"] = process => process.Unlock(Pages),
        ["Fork"] = process => process.Fork(out _),
        ["Read"] = process => process.Read(Base, new byte[1]),
        ["Write"] = process => process.Write(Base, new byte[1]),
        ["Touch"] = process => process.Touch(Pages, write: true),
        ["SetPinned"] = process => process.SetPinned(Pages, isPinned: true),
        ["Mappings"] = process => _ = process.Mappings,
        ["MappingCount"] = process => _ = process.MappingCount,
        ["TableCount"] = process => _ = process.TableCount,
        ["TryFindVma"] = process => process.TryFindVma(Base, out _),
        ["TryFindFirstVma"] = process => process.TryFindFirstVma(Pages, out _),
        ["Describe"] = process => process.Describe(Pages, new CpuPageList()),
        ["Snapshot"] = process => process.Snapshot(Pages, null, new CpuPageList()),
        ["FaultIn"] = process => process.FaultIn(Pages, write: false, null, new CpuPageList()),
        ["Subscribe"] = process => process.Subscribe(new Listener(_ => { }), Pages),
        ["Collect"] = process => process.Collect(new CpuMigration(), Pages, CpuCollectKinds.ToDevice(new object())),
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_call_after_the_end_is_told_so(string call)
    {
        using var memory = new ModelMemory();
        var process = new ModelProcess(memory);
        process.Map(Pages, CpuProtection.ReadWrite);
        process.Touch(Pages, write: true);
        process.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Late[call](process));

        // The gate is free, and nothing has come back.
        Assert.Equal(0, memory.UsedBytes);
    }

    [Fact]
    public void To_end_twice_is_to_end_once()
    {
        using var memory = new ModelMemory();
        using var other = new ModelProcess(memory);
        var process = new ModelProcess(memory);
        var heard = new Listener(_ => { });
        process.Map(Pages, CpuProtection.ReadWrite);
        process.Touch(Pages, write: true);
        process.Subscribe(heard, Pages);
        process.Exit();
        process.Exit();
        for (int i = 0; i < 3; i++)
            process.Dispose();
        process.Exit();

        Assert.Equal([CpuChangeKind.Release, CpuChangeKind.Unmap], heard.Heard.Select(change => change.Kind));
        Assert.True(process.IsGone);
        Assert.False(process.TryEnter());
        Assert.Equal("process that is gone", process.ToString());
        process.Unsubscribe(heard);
        Assert.Equal(0, process.SubscriptionCount);

        // Blocks of memory that were given back twice would now be had twice.
        ModelProcess[] many = [.. Enumerable.Range(0, 8).Select(_ => new ModelProcess(memory))];
        foreach (ModelProcess one in many)
            Assert.Equal(Errno.Ok, one.Map(Pages, CpuProtection.ReadWrite));
        for (int i = 0; i < many.Length; i++)
            Assert.Equal(Errno.Ok, many[i].Write(Base, [(byte)i]));
        for (int i = 0; i < many.Length; i++)
        {
            byte[] seen = new byte[1];
            Assert.Equal(Errno.Ok, many[i].Read(Base, seen));
            Assert.Equal(i, seen[0]);
            many[i].Dispose();
        }
    }

    [Fact]
    public void Who_is_inside_keeps_the_process_until_he_leaves()
    {
        using var memory = new ModelMemory();
        var process = new ModelProcess(memory);
        process.Map(Pages, CpuProtection.ReadWrite);
        process.Touch(Pages, write: true);
        Assert.True(process.TryEnter());
        process.Dispose();

        Assert.True(process.TryFindVma(Base, out _));
        Assert.Equal(4 * (long)Page, memory.UsedBytes);
        process.Leave();
        Assert.Throws<ObjectDisposedException>(() => process.TryFindVma(Base, out _));
        Assert.Equal(0, memory.UsedBytes);
    }

    [Fact]
    public void A_migration_that_has_begun_may_be_ended_later()
    {
        using var memory = new ModelMemory();
        var process = new ModelProcess(memory);
        var migration = new CpuMigration();
        process.Map(Pages, CpuProtection.ReadWrite);
        process.Touch(Pages, write: true);
        Assert.Equal(Errno.Ok, process.Collect(migration, Pages, CpuCollectKinds.ToDevice(new object())));
        process.Dispose();
        Assert.Equal(4 * (long)Page, memory.UsedBytes);
        process.Restore(migration);
        Assert.Equal(0, memory.UsedBytes);
    }
}
