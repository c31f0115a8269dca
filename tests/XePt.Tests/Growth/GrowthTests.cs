using XePt.Devices;
using XePt.Diagnostics;
using XePt.Evict;
using XePt.Fences;
using XePt.Memory;
using XePt.Pipeline;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Growth;

/// <summary>What a call costs does not grow with how many objects there are, or by a step each time they are 64 or 2 times as many. Steps
/// are counted, not timed.</summary>
public class GrowthTests
{
    private const int Many = 20_000;
    private const ulong Va = BindScene.A, Block = 64 << 10;

    [Fact]
    [Rule("BIND-008")]
    public void The_lowest_free_handle_is_found_in_a_few_steps()
    {
        var table = new HandleTable<object>();
        for (int i = 0; i < Many; i++)
            table.Add(new object());
        for (uint round = 0; round < 100; round++)
        {
            uint high = Many - round;
            table.Remove(high);
            table.Remove(2);
            long before = table.Steps;
            Assert.Equal((2u, high), (table.Add(new object()), table.Add(new object())));
            Assert.InRange(table.Steps - before, 1, 40);
        }
    }

    [Fact]
    [Rule("BIND-008")]
    public void Handles_behave_like_a_list_that_is_searched()
    {
        var random = new Random(5);
        var table = new HandleTable<object>();
        var model = new SortedDictionary<uint, object>();
        for (int i = 0; i < 30_000; i++)
        {
            uint handle = (uint)random.Next(1, 6000);
            if (random.Next(5) < 3)
            {
                var item = new object();
                uint free = 1;
                // The model is only searched now and then.
                while (i % 50 == 0 && model.ContainsKey(free))
                    free++;
                uint given = table.Add(item);
                Assert.True(i % 50 != 0 || given == free);
                Assert.True(model.TryAdd(given, item));
            }
            else if (random.Next(4) == 0 && model.Count > 0)
            {
                uint first = model.Keys.First();
                Assert.Same(model[first], table.TakeFirst());
                model.Remove(first);
            }
            else
            {
                Assert.Same(model.GetValueOrDefault(handle), table.Remove(handle));
                model.Remove(handle);
            }
        }

        Assert.Equal(model.Count, table.Count);
        Assert.Equal(model.Select(pair => (pair.Key, pair.Value)), table.Items);
    }

    [Fact]
    public void A_table_is_emptied_in_a_few_steps_for_each_object()
    {
        var table = new HandleTable<object>();
        for (int i = 0; i < Many; i++)
            table.Add(new object());
        long before = table.Steps;
        int taken = 0;
        for (object? last = null; table.TakeFirst() is { } item; taken++)
        {
            Assert.NotSame(last, item);
            last = item;
        }

        Assert.Equal((Many, 0), (taken, table.Count));
        Assert.InRange(table.Steps - before, Many, 16 * Many);
    }

    [Fact]
    public void Changing_a_shared_list_copies_nothing()
    {
        var list = new SharedList<object>();
        object[] items = [.. Enumerable.Range(0, Many).Select(_ => new object())];
        foreach (object item in items)
            list.Add(item);
        Assert.Equal(items, list.Items);
        Assert.Same(list.Items, list.Items);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            list.Remove(items[i * 7]);
            list.Add(items[i * 7]);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1000 * 200);
        Assert.Equal(items.Where((_, i) => i % 7 != 0 || i >= 7000).Concat(items.Where((_, i) => i % 7 == 0 && i < 7000)), list.Items);
        Assert.Equal(Many, list.Count);
    }

    [Fact]
    [Rule("BIND-009")]
    public void Making_and_ending_a_vm_allocates_the_same_beside_many_others()
    {
        using var scene = new BindScene(vmFlags: 0);
        long few = AllocatedByOneVm(scene);
        var vms = new List<XeVm>();
        for (int i = 0; i < 1000; i++)
            vms.Add(scene.CreateVm(0));
        long many = AllocatedByOneVm(scene);
        // A copy of a list of so many would be 8 KB.
        Assert.InRange(many, 0, few + 4000);
        foreach (XeVm vm in vms)
            Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }));
        Assert.Single(scene.Device.Residency.Vms.Vms);
    }

    [Fact]
    [Rule("BIND-269")]
    public void Binds_beside_many_evicted_bos_look_at_none_of_them_and_unmaps_at_their_own()
    {
        const int Bos = 600;
        using var scene = new BindScene(vmFlags: 0, platform: Platform(Bos));
        uint[] bos = [.. Enumerable.Range(0, Bos).Select(_ => Create(scene, Block))];
        for (int i = 0; i < Bos; i++)
            scene.Do(Op.Map(bos[i], Va + ((ulong)i * Block), Block));
        Assert.Equal(Errno.Ok, scene.Device.EvictAll());
        EvictedBos evicted = scene.Vm.Context.Evicted;
        Assert.Equal((Bos, 0L), (evicted.Count, evicted.Steps));
        scene.Do(Op.Null(2 * Va, Block));
        scene.Do(Op.Unmap(2 * Va, Block));
        Assert.Equal(0, evicted.Steps);

        // A refused call that unmaps one and fails later leaves the list as it was, in order.
        int[] listed = [.. scene.Vm.EvictedBos];
        scene.Device.Failures.Arm(FailurePoint.Allocation, 4);
        Errno error = scene.Bind(Op.Unmap(Va, Block), Op.Map(bos[0], 2 * Va, Block), Op.Map(bos[1], 3 * Va, Block));
        Assert.NotEqual(Errno.Ok, error);
        scene.Device.Failures.Disarm();
        Assert.Equal(listed, scene.Vm.EvictedBos);

        long before = evicted.Steps;
        for (int i = Bos - 1; i > 0; i--)
            scene.Do(Op.Unmap(Va + ((ulong)i * Block), Block));
        Assert.Equal((1, Bos - 1L), (evicted.Count, evicted.Steps - before));
        Assert.Equal([bos[0]], scene.File.Bos.Where(bo => scene.Vm.EvictedBos.Contains(bo.Object.Slot)).Select(bo => bo.Handle));
    }

    [Fact]
    [Rule("EVT-009")]
    public void Making_room_among_many_bos_takes_few_steps_and_drives_out_the_oldest()
    {
        const int Bos = 2000;
        using var scene = new BindScene(vmFlags: 0, platform: Platform(Bos));
        var bos = new List<uint>();
        while (scene.Device.MoveCounters.Evictions == 0)
            bos.Add(Create(scene, Block, placement: 3));
        Assert.True(bos.Count > Bos);
        VictimOrder order = scene.Device.Residency.Mover.VictimsOf(1);
        // Binding makes a BO the youngest: the search passes over those, and remembers it.
        for (int i = 1; i < 50; i++)
            scene.Do(Op.Map(bos[i], Va, Block));
        long before = order.Steps;
        for (int i = 0; i < 100; i++)
            Create(scene, Block, placement: 2);
        Assert.InRange(order.Steps - before, 1, 150 * 2 * 12);
        Assert.Equal(Enumerable.Range(50, 100), Enumerable.Range(0, bos.Count).Where(i => i > 0 && scene.File.FindBo(bos[i])!.Region == 0));
    }

    [Fact]
    public void A_pump_of_one_job_moves_no_others_and_keeps_the_order()
    {
        var scheduler = new JobScheduler(isInline: false);
        var order = new List<int>();
        for (int i = 0; i < Many; i++)
            MakeReady(scheduler, order, i);
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(1, scheduler.Pump(1));
            MakeReady(scheduler, order, Many + i);
        }

        Assert.Equal(Many + 1000, scheduler.Steps);
        Assert.Equal(Many, scheduler.Pump(int.MaxValue));
        Assert.Equal((2 * (Many + 1000), false), (scheduler.Steps, scheduler.HasReady));
        Assert.Equal(Enumerable.Range(0, Many + 1000), order);
    }

    [Fact]
    public void A_job_that_throws_leaves_the_others_to_the_next_pump()
    {
        var scheduler = new JobScheduler(isInline: false);
        var order = new List<int>();
        for (int i = -1; i < 3; i++)
            MakeReady(scheduler, order, i);
        Assert.Throws<InvalidOperationException>(() => scheduler.Pump(int.MaxValue));
        Assert.True(scheduler.HasReady);
        Assert.Equal(3, scheduler.Pump(int.MaxValue));
        Assert.Equal([0, 1, 2], order);
    }

    private static void MakeReady(JobScheduler scheduler, List<int> order, int number) =>
        scheduler.MakeReady(new NumberedJob(scheduler, order, number));

    private static long AllocatedByOneVm(BindScene scene)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            XeVm vm = scene.CreateVm(0);
            Assert.Equal(Errno.Ok, scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.Id }));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>A device with VRAM for so many blocks.</summary>
    private static PlatformInfo Platform(int blocks)
    {
        ulong vram = ((ulong)blocks * Block * 8 / 7) + (4 << 20);
        return XePlatforms.Bmg with { VramBytesPerTile = vram & ~((2UL << 20) - 1), SystemMemoryBytes = 4UL << 30 };
    }

    private static uint Create(BindScene scene, ulong size, uint placement = 2)
    {
        var gem = new DrmXeGemCreate { Size = size, Placement = placement, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref gem));
        return gem.Handle;
    }

    private sealed class NumberedJob(JobScheduler scheduler, List<int> order, int number) : ScheduledJob(scheduler)
    {
        public override void Run()
        {
            if (number < 0)
                throw new InvalidOperationException("first");
            order.Add(number);
        }
    }
}
