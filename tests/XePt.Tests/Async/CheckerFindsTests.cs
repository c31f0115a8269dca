using static XePt.Tests.Async.AsyncScene;

namespace XePt.Tests.Async;

/// <summary>What the checker says of a walker that is held up inside a walk, with the protocols as they are; the schedules plant bugs in
/// them.</summary>
public class CheckerFindsTests
{
    private const ulong Other = A + (1UL << 30);

    [Fact]
    public void Nothing_of_a_table_that_stays_for_a_pinned_walker()
    {
        using var scene = new AsyncScene();
        var checker = new CoherenceChecker(scene.Device.Tlb);
        uint first = scene.Bo(Page), second = scene.Bo(Page);
        ExpectedMap map = checker.AddMap(scene.Vm.TlbVm, AddressRange.OfSize(A, Page));
        long made = map.Begin(AddressRange.OfSize(A, Page), AddressOf(scene, first));
        scene.Do(scene.Map(first, A, Page));
        map.Complete(made, AddressRange.OfSize(A, Page));

        // Before the walker reads the leaf, the mapping goes and another one, elsewhere, takes a table.
        Translation seen = Walk(scene, beforeLast: () =>
        {
            long gone = map.Begin(AddressRange.OfSize(A, Page), null);
            scene.Do(Unmap(A, Page));
            scene.Do(scene.Map(second, Other, Page));
            map.Complete(gone, AddressRange.OfSize(A, Page));
        }, checker, map, out bool isRight);
        Assert.True(isRight);
        Assert.Equal((0, AddressOf(scene, first)), (checker.ViolationCount, seen.Address & ~(Page - 1)));
    }

    private static ulong AddressOf(AsyncScene scene, uint bo) => scene.File.FindBo(bo)!.Segments[0].Address;

    private static Translation Walk(AsyncScene scene, Action? beforeLast, CoherenceChecker checker, ExpectedMap map, out bool isRight)
    {
        using WalkPin pin = scene.Device.EnterWalk();
        long since = checker.Now;
        int last = scene.Device.Platform.LevelCount;
        var memory = new HeldUpMemory(scene.Vm.GetTableMemory(), last, beforeLast);
        Translation seen = PageWalker.Walk(
            memory, scene.Vm.RootAddress(), scene.Device.Platform.RootLevel, scene.Device.Platform.FormatId, A);
        isRight = checker.CheckWalk(map, "held up", since, seen);
        return seen;
    }

    private sealed class HeldUpMemory(IGpuMemory memory, int at, Action? happens) : IGpuMemory
    {
        private int _reads;

        public bool TryReadEntry(ulong deviceAddress, out ulong entry)
        {
            if (++_reads == at)
                happens?.Invoke();
            return memory.TryReadEntry(deviceAddress, out entry);
        }
    }
}
