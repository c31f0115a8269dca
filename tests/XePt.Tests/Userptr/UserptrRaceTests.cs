using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Userptr.UserptrScene;

namespace XePt.Tests.Userptr;

/// <summary>The host changes pages on one thread while others bind, run and walk, bounded by work, not by time.</summary>
public class UserptrRaceTests
{
    private const int Rounds = 400;

    // The pages of generation g are here; those of a generation that was let go of must never be seen again.
    private static ulong PlaceOf(int generation) => 0x1_0000_0000 + ((ulong)generation * 2 * Size);

    private static int GenerationAt(ulong address) => address < 0x1_0000_0000 ? -1 : (int)((address - 0x1_0000_0000) / (2 * Size));

    [Theory]
    [InlineData(6u, 1)]
    [InlineData(7u, 1)]
    [InlineData(6u, 2)]
    [Rule("BIND-268")]
    [Rule("PT-167")]
    [Rule("CON-005")]
    [Rule("PT-143")]
    public void In_fault_mode_no_table_shows_a_page_that_was_let_go_of(uint vmFlags, int tiles)
    {
        using var scene = new UserptrScene(vmFlags, tiles == 1 ? XePlatforms.Bmg : XePlatforms.Pvc2T);
        bool stops = false;
        int again = 0;
        string odd = "";
        var binder = new Thread(() =>
        {
            DrmXeVmBindOp[] ops =
            [
                UserptrScene.Userptr(VmBindFlags.Immediate, A), Op.Prefetch(A, Size, 0), Op.Unmap(A, Page), UserptrScene.Userptr(0, A),
                Op.Unmap(A, Size),
            ];
            for (int i = 0; !Volatile.Read(ref stops); i++)
            {
                Errno errno = scene.Bind(ops[i % ops.Length]);
                again += errno == Errno.EAGAIN ? 1 : 0;
                if (errno is not (Errno.Ok or Errno.EAGAIN))
                    odd = $"{errno}: {scene.File.LastRejection}";
                if (i % ops.Length is 0 or 2 or 3)
                    scene.Vm.Fault(A + Page);
            }
        });
        binder.Start();
        for (int generation = 0; generation < Rounds; generation++)
        {
            Assert.True(scene.File.ReplaceCpuMemory(Cpu, out Fence gone, new PhysicalRun(PlaceOf(generation), Size)));
            Assert.True(gone.Wait(TimeSpan.FromSeconds(60)));
            for (int tile = 0; tile < tiles; tile++)
            {
                foreach (ulong va in new[] { A, A + Page })
                {
                    Translation seen = scene.Vm.Translate(va, tile);
                    Assert.True(seen.Status != TranslationStatus.Mapped || GenerationAt(seen.Address) == generation,
                        $"generation {generation}: {seen}");
                }
            }
        }

        Volatile.Write(ref stops, true);
        binder.Join();
        Assert.Equal("", odd);
        Assert.True(scene.Vm.IsIdle);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(2u)]
    [Rule("UPTR-032")]
    [Rule("UPTR-033")]
    [Rule("CON-005")]
    public void In_the_other_modes_no_job_runs_on_a_page_that_was_let_go_of(uint vmFlags)
    {
        var sink = new WatchingSink();
        using var scene = new Async.AsyncScene(vmFlags, sink: sink);
        Assert.True(scene.File.MapCpuMemory(Cpu, new PhysicalRun(PlaceOf(0), Size)));
        scene.Do(UserptrScene.Userptr());
        sink.Vm = scene.Vm;
        ExecQueue queue = Queues.QueueOps.Queue(scene.File, scene.Vm.Id);
        bool stops = false;
        string odd = "";
        var submitter = new Thread(() =>
        {
            while (!Volatile.Read(ref stops))
            {
                Errno errno = scene.File.Exec(Queues.ExecScene.Args(queue));
                // While the queue is stopped it fills up.
                if (errno == Errno.EAGAIN)
                    Thread.Yield();
                else if (errno != Errno.Ok)
                    odd = $"{errno}: {scene.File.LastRejection}";
            }
        });
        submitter.Start();
        for (int generation = 1; generation < Rounds; generation++)
        {
            Assert.True(scene.File.ReplaceCpuMemory(Cpu, out Fence gone, new PhysicalRun(PlaceOf(generation), Size)));
            Assert.True(gone.Wait(TimeSpan.FromSeconds(60)));
            Volatile.Write(ref sink.LetGo, generation - 1);
            long seen = Volatile.Read(ref sink.Jobs);
            while (generation % 4 == 0 && Volatile.Read(ref sink.Jobs) == seen)
                Thread.Yield();
        }

        Volatile.Write(ref stops, true);
        submitter.Join();
        Assert.Equal(("", ""), (odd, sink.Odd));
        Assert.False(scene.Vm.Context.IsBanned);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Rule("CON-014")]
    [Rule("UPTR-022")]
    public void Units_with_TLBs_use_no_old_page_unless_they_acknowledge_without_flushing(bool keepsAll)
    {
        using var scene = new UserptrScene(vmFlags: 6);
        var checker = new CoherenceChecker(scene.Device.Tlb);
        using var tlb = new ReferenceTlb(scene.Device.Tlb, 0) { Checker = checker, KeepsAll = keepsAll };
        ExpectedMap map = checker.AddMap(scene.Vm.TlbVm, AddressRange.OfSize(A, Size));
        map.Complete(map.Begin(AddressRange.OfSize(A, Size), Old), AddressRange.OfSize(A, Size));
        TlbSpace space = scene.Vm.GetTlbSpace();
        bool stops = false;
        Thread[] walkers = [.. Enumerable.Range(0, 2).Select(core => new Thread(() =>
        {
            using TlbUnit unit = tlb.OpenUnit($"core {core}");
            for (uint i = 0; !Volatile.Read(ref stops); i++)
            {
                unit.Translate(space, A + (i % 2 * Page));
                if (i % 64 == 0)
                    Thread.Yield();
            }
        }))];
        Array.ForEach(walkers, walker => walker.Start());
        for (int generation = 0; generation < 60; generation++)
        {
            AwaitUses(checker);
            ulong place = PlaceOf(generation);
            long away = map.Begin(AddressRange.OfSize(A, Size), null);
            Assert.True(
                scene.File.ReplaceCpuMemory(Cpu, out Fence gone, new PhysicalRun(place, Size)) && gone.Wait(TimeSpan.FromSeconds(60)));
            map.Complete(away, AddressRange.OfSize(A, Size));
            AwaitUses(checker);
            long back = map.Begin(AddressRange.OfSize(A, Size), place);
            Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
            map.Complete(back, AddressRange.OfSize(A, Size));
        }

        AwaitUses(checker);
        Volatile.Write(ref stops, true);
        Array.ForEach(walkers, walker => walker.Join());
        Assert.True(keepsAll == (checker.ViolationCount > 0), string.Join("; ", checker.Violations.Take(3)));
    }

    private static void AwaitUses(CoherenceChecker checker)
    {
        long seen = checker.Uses;
        while (checker.Uses < seen + 8)
            Thread.Yield();
    }

    /// <summary>Looks, in each job, where the userptr is.</summary>
    private sealed class WatchingSink : IJobSink
    {
        public int LetGo = -1;
        public long Jobs;

        public XeVm? Vm { get; set; }

        public string Odd { get; private set; } = "";

        public void Submit(XeJob job)
        {
            int letGo = Volatile.Read(ref LetGo);
            Translation seen = Vm!.Translate(A);
            if (seen.Status != TranslationStatus.Mapped || GenerationAt(seen.Address) <= letGo)
                Odd = $"after generation {letGo} was let go of, a job sees {GenerationAt(seen.Address)} ({seen.Status})";
            Interlocked.Increment(ref Jobs);
            job.Complete();
        }
    }
}
