using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;

namespace XePt.Tests.Concurrency;

/// <summary>
/// Walkers on other threads while one thread binds. Every page of every BO has an address from which the VA it belongs to can be told, so
/// each translation is checked on its own: a mixture, or an entry of a table that is somebody else's by now, gives the wrong VA.
/// </summary>
[Rule("PT-164")]
[Rule("PT-165")]
public class WalkersAgainstBindsTests
{
    private const ulong Va = 1UL << 40;
    private const ulong Elsewhere = 1UL << 41;
    private const int Pages = 2048;
    private const ulong Bytes = Pages * 4096UL;
    private const ulong Half = Bytes / 2;
    private const int Rounds = 7 * 60;

    // Page i of a BO lies at its start + i * 8192; the starts differ in higher bits.
    private const ulong FirstStart = 1UL << 33;
    private const ulong StartStep = 1UL << 32;

    [Fact]
    public void Every_translation_is_one_of_before_or_after() => Run(Translate);

    [Fact]
    public void Every_near_translation_is_one_of_before_or_after() => Run(TranslateNear);

    [Fact]
    public void Every_translation_of_a_batch_is_one_of_before_or_after() => Run(TranslateBatch);

    [Fact]
    public void Every_walk_of_a_foreign_walker_is_one_of_before_or_after() => Run(WalkAsForeigner);

    private static void Run(Func<TestGpu, Func<bool>, int> reader)
    {
        using var gpu = new TestGpu(XePlatforms.Bmg);
        int empty = gpu.Device.TablesInUse;
        XeBo[] bos = [
            .. Enumerable.Range(0, 3).Select(i => gpu.SystemBo(new PhysicalRun(FirstStart + ((ulong)i * StartStep), 4096, Pages, 8192)))];
        bool isOver = false;
        int wrong = 0;
        Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            Interlocked.Add(ref wrong, reader(gpu, () => Volatile.Read(ref isOver)))))];
        foreach (Thread thread in readers)
            thread.Start();
        for (int round = 0; round < Rounds; round++)
            Write(gpu, bos, round);
        Volatile.Write(ref isOver, true);
        foreach (Thread thread in readers)
            thread.Join();

        Assert.Equal(0, wrong);
        Assert.True(gpu.Vm.Counters.TablesRetired > Rounds);
        gpu.File.VmBind(Call(gpu, MapNull(Va, 4096)));
        gpu.File.VmBind(Call(gpu, Unmap(Va, 4096)));
        Assert.Equal(empty, gpu.Device.TablesInUse);
        Assert.Equal(gpu.Vm.Counters.TablesRetired, gpu.Vm.Counters.TablesFreed);
    }

    /// <summary>Maps, replaces and unmaps so that tables come and go, sometimes half of them. The tables that go come back at once for an
    /// interval that no walker asks for, whose pages are in another order.</summary>
    private static void Write(TestGpu gpu, XeBo[] bos, int round)
    {
        XeBo bo = bos[round % bos.Length];
        DrmXeVmBindOp op = (round % 7) switch
        {
            0 => Map(bo, Va, size: Bytes),
            1 => Unmap(Va + Half, Half),
            2 => Map(bo, Va + Half, size: Half, offset: Half),
            3 => Map(bo, Va, size: Bytes),
            4 => Unmap(Va, Bytes),
            5 => Map(bo, Elsewhere, size: Half, offset: Half),
            _ => Unmap(Elsewhere, Half),
        };
        if (gpu.File.VmBind(Call(gpu, op)) != Errno.Ok)
            throw new InvalidOperationException($"round {round}: {gpu.File.LastRejection}");
    }

    private static DrmXeVmBind Call(TestGpu gpu, DrmXeVmBindOp op) => new() { VmId = gpu.Vm.Id, NumBinds = 1, Bind = op };

    private static int Translate(TestGpu gpu, Func<bool> isOver)
    {
        int wrong = 0;
        var random = new Random(Environment.CurrentManagedThreadId);
        while (!isOver())
        {
            for (int i = 0; i < 64; i++)
                wrong += Wrong(gpu.Vm.Translate(NextVa(random)));
        }

        return wrong;
    }

    private static int TranslateNear(TestGpu gpu, Func<bool> isOver)
    {
        int wrong = 0;
        var random = new Random(Environment.CurrentManagedThreadId);
        using XeWalker walker = gpu.Vm.OpenWalker();
        while (!isOver())
        {
            ulong va = NextVa(random);
            for (ulong i = 0; i < 64; i++)
                wrong += Wrong(walker.TranslateNear(Va + ((va - Va + (i << 12)) % Bytes)));
            walker.Refresh();
        }

        return wrong;
    }

    private static int TranslateBatch(TestGpu gpu, Func<bool> isOver)
    {
        int wrong = 0;
        var random = new Random(Environment.CurrentManagedThreadId);
        using XeWalker walker = gpu.Vm.OpenWalker();
        var vas = new ulong[100];
        var results = new Translation[100];
        while (!isOver())
        {
            for (int i = 0; i < vas.Length; i++)
                vas[i] = NextVa(random);
            walker.Translate(vas, results);
            for (int i = 0; i < vas.Length; i++)
                wrong += Wrong(results[i]) + (results[i].Va == vas[i] ? 0 : 1);
            walker.Refresh();
        }

        return wrong;
    }

    private static int WalkAsForeigner(TestGpu gpu, Func<bool> isOver)
    {
        int wrong = 0;
        var random = new Random(Environment.CurrentManagedThreadId);
        var memory = new SlowMemory(gpu.Vm.GetTableMemory());
        PlatformInfo platform = gpu.Device.Platform;
        while (!isOver())
        {
            using WalkPin pin = gpu.Device.EnterWalk();
            for (int i = 0; i < 16; i++)
                wrong += Wrong(PageWalker.Walk(memory, gpu.Vm.RootAddress(), platform.RootLevel, platform.FormatId, NextVa(random)));
        }

        return wrong;
    }

    /// <summary>Lets others run between two entries of a walk.</summary>
    private readonly struct SlowMemory(IGpuMemory memory) : IGpuMemory
    {
        public bool TryReadEntry(ulong deviceAddress, out ulong entry)
        {
            Thread.Yield();
            return memory.TryReadEntry(deviceAddress, out entry);
        }
    }

    private static ulong NextVa(Random random) => Va + (ulong)random.NextInt64((long)Bytes);

    private static int Wrong(in Translation found)
    {
        if (found.Status == TranslationStatus.NotPresent)
            return 0;

        ulong page = ((found.Address - FirstStart) % StartStep) / 8192;
        bool isRight = found.Status == TranslationStatus.Mapped && found.Address >= FirstStart && page == (found.Va - Va) >> 12;
        return isRight ? 0 : 1;
    }
}
