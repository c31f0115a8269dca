using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;

namespace XePt.Tests.Walk;

/// <summary>What a walker sees and holds, step by step.</summary>
public class XeWalkerTests
{
    private const ulong Va = 1UL << 40;

    /// <summary>Near translations keep a table at hand. They must notice every way in which a commit can take it out of the tree.</summary>
    [Theory]
    [InlineData("unmap")]
    [InlineData("unmap all around")]
    [InlineData("zap a page")]
    [InlineData("zap the whole table")]
    [InlineData("huge page instead")]
    [InlineData("another page")]
    public void A_near_translation_sees_what_a_completed_commit_did(string change)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo pages = gpu.SystemBo(new PhysicalRun(1UL << 34, 4096, 512, 8192));
        gpu.Run(Map(pages, Va));
        using XeWalker walker = gpu.Vm.OpenWalker();
        for (ulong page = 0; page < 3; page++)
            Assert.Equal((1UL << 34) + (page * 8192), walker.TranslateNear(Va + (page << 12)).Address);

        switch (change)
        {
            case "unmap":
                gpu.Run(Unmap(Va + 0x1000, 0x1000));
                break;
            case "unmap all around":
                gpu.Run(Unmap(Va - (1UL << 30), 2UL << 30));
                break;
            case "zap a page":
                gpu.Run(Unmap(Va, 0x1000), Unmap(Va + 0x2000, (2UL << 20) - 0x2000));
                Assert.Equal(Errno.Ok, gpu.Vm.Zap(Va + 0x1000));
                break;
            case "zap the whole table":
                Assert.Equal(Errno.Ok, gpu.Vm.Zap(Va + 0x1000));
                break;
            case "huge page instead":
                gpu.Run(Map(gpu.SystemBo(new PhysicalRun(1UL << 35, 2UL << 20)), Va));
                break;
            default:
                gpu.Run(Map(gpu.SystemPage(0x1234_5000), Va + 0x1000));
                break;
        }

        Translation expected = gpu.Vm.Translate(Va + 0x1000);
        Assert.NotEqual((1UL << 34) + 8192, expected.Address);
        Assert.Equal(expected, walker.TranslateNear(Va + 0x1000));
        walker.Refresh();
        Assert.Equal(expected, walker.TranslateNear(Va + 0x1000));
    }

    [Fact]
    public void A_walker_holds_tables_back_until_it_is_refreshed()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        gpu.Run(Map(gpu.SystemPage(), Va));
        using XeWalker walker = gpu.Vm.OpenWalker();
        gpu.Run(Unmap(Va, 4096));
        Assert.Equal(empty + 4, gpu.Device.TablesInUse);
        walker.Refresh();
        gpu.Run(Map(gpu.SystemPage(), Va));
        Assert.Equal(empty + 4, gpu.Device.TablesInUse);
        walker.Dispose();
        gpu.Run(Unmap(Va, 4096));
        Assert.Equal(empty, gpu.Device.TablesInUse);
    }

    [Fact]
    public void A_walker_of_a_closed_vm_finds_nothing_near_or_far_refreshed_or_not()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), Va));
        using XeWalker walker = gpu.Vm.OpenWalker();
        Assert.Equal(TranslationStatus.Mapped, walker.TranslateNear(Va).Status);
        Assert.Equal(Errno.Ok, gpu.File.VmDestroy(new DrmXeVmDestroy { VmId = gpu.Vm.Id }));
        // The root is full of zeros, and the leaf that the walker stands on counts no longer (PT-196).
        Assert.Equal(TranslationStatus.NotPresent, walker.TranslateNear(Va).Status);
        Assert.Equal(TranslationStatus.NotPresent, walker.Translate(Va).Status);
        walker.Refresh();
        var results = new Translation[3];
        walker.Translate([Va, 0, ulong.MaxValue], results);
        Assert.Equal([TranslationStatus.NotPresent, TranslationStatus.NotPresent, TranslationStatus.OutOfRange],
            results.Select(result => result.Status));
        Assert.Equal(results[0], walker.Translate(Va));
        Assert.Equal(results[0], walker.TranslateNear(Va));
        Assert.Equal(results[0], gpu.Vm.Translate(Va));
        using XeWalker late = gpu.Vm.OpenWalker();
        Assert.Equal(results[0], late.Translate(Va));
    }

    [Fact]
    public void A_disposed_walker_refuses_and_may_be_disposed_again()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), Va));
        XeWalker walker = gpu.Vm.OpenWalker();
        walker.TranslateNear(Va);
        walker.Dispose();
        using XeWalker other = gpu.Vm.OpenWalker();
        walker.Dispose();
        Assert.True(gpu.Device.Epochs.HasReaders);
        Assert.Throws<ObjectDisposedException>(() => walker.Translate(Va));
        Assert.Throws<ObjectDisposedException>(() => walker.TranslateNear(Va));
        Assert.Throws<ObjectDisposedException>(() => walker.Translate([Va], new Translation[1]));
        Assert.Throws<ObjectDisposedException>(walker.Refresh);
    }

    [Fact]
    public void A_batch_needs_room_for_its_results_and_may_be_empty()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        using XeWalker walker = gpu.Vm.OpenWalker();
        walker.Translate([], []);
        Assert.Throws<ArgumentException>(() => walker.Translate([Va, Va], new Translation[1]));
    }

    [Fact]
    public void A_directory_entry_that_leads_nowhere_is_told_apart()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemPage(), Va));
        ulong link = gpu.Vm.TraceWalk(Va)[^2].EntryAddress;
        ulong good = gpu.EntryAt(link);
        Poke(gpu, link, (good & 0xfff) | 0x7fff_0000_0000);
        using XeWalker walker = gpu.Vm.OpenWalker();
        var results = new Translation[2];
        walker.Translate([Va, Va + (1UL << 30)], results);
        Assert.Equal((TranslationStatus.BadTable, 0), (results[0].Status, results[0].Level));
        Assert.Equal(results[0], walker.Translate(Va));
        Assert.Equal(results[0], walker.TranslateNear(Va));
        Assert.Equal(results[0], gpu.Vm.Translate(Va));
        Poke(gpu, link, good);
    }

    [Fact]
    public void Translating_allocates_nothing()
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        gpu.Run(Map(gpu.SystemBo(new PhysicalRun(1UL << 34, 4096, 512, 8192)), Va));
        using XeWalker walker = gpu.Vm.OpenWalker();
        ulong[] vas = [.. Enumerable.Range(0, 100).Select(i => Va + ((ulong)i << 14))];
        var results = new Translation[vas.Length];
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Round();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            walker.Translate(vas, results);
            foreach (ulong va in vas)
            {
                walker.Translate(va);
                walker.TranslateNear(va);
            }

            walker.Refresh();
            using WalkPin pin = gpu.Device.EnterWalk();
        }
    }

    private static unsafe void Poke(TestGpu gpu, ulong address, ulong entry) =>
        // SAFETY: the address is that of an entry of a live table.
        *gpu.Vm.Context.Tables[0].Pool.Book.TryResolve(address) = entry;
}
