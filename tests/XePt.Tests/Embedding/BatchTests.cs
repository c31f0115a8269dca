using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>Many of the same at once: the results are those of one by one.</summary>
public class BatchTests
{
    private const ulong A = BindScene.A, KiB = 1024, MiB = BindScene.MiB;

    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.ScratchPage)]
    public void Runs_of_a_walker_are_the_mappings(VmCreateFlags flags)
    {
        using var device = new XeDevice(XePt.Devices.XePlatforms.Bmg);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(flags);
        var random = new Random(7);
        XeBo[] bos = [file.CreateBo(64 * KiB), file.CreateBo(2 * MiB), file.CreateBo(6 * MiB)];
        for (int i = 0; i < 200; i++)
        {
            XeBo bo = bos[random.Next(bos.Length)];
            ulong va = A + ((ulong)random.Next(1 << 10) * 64 * KiB);
            if (random.Next(4) == 0)
                vm.Unmap(AddressRange.OfSize(va, bo.Size));
            else if (random.Next(4) == 0)
                vm.MapNull(AddressRange.OfSize(va, bo.Size));
            else
                vm.Map(bo, va);
        }

        using XeWalker walker = vm.OpenWalker();
        Assert.Equal(vm.GetMappings(), Collect(walker, new AddressRange(0, vm.Size)));
        Assert.NotEmpty(vm.GetMappings());
    }

    [Fact]
    public void Runs_of_an_interval_are_whole_leaves_that_it_touches()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 16 * KiB));
        scene.Do(Op.Null(A + MiB, 4 * KiB));
        using XeWalker walker = scene.Vm.OpenWalker();
        Assert.Equal([AddressRange.OfSize(A + (4 * KiB), 8 * KiB)],
            Collect(walker, AddressRange.OfSize(A + (5 * KiB), 4 * KiB)).Select(run => run.Range));
        Assert.Equal([AddressRange.OfSize(A, 16 * KiB), AddressRange.OfSize(A + MiB, 4 * KiB)],
            Collect(walker, new AddressRange(0, ulong.MaxValue)).Select(run => run.Range));
        Assert.Empty(Collect(walker, AddressRange.OfSize(A + (16 * KiB), 16 * KiB)));
        Assert.Empty(Collect(walker, default));

        scene.Vm.Destroy();
        walker.Refresh();
        Assert.Empty(Collect(walker, new AddressRange(0, ulong.MaxValue)));
        walker.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Collect(walker, default));
    }

    [Fact]
    public void Runs_and_translations_allocate_nothing()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 16 * KiB));
        using XeWalker walker = scene.Vm.OpenWalker();
        ulong[] vas = new ulong[100];
        var results = new Translation[100];
        int runs = Count();
        long before = GC.GetAllocatedBytesForCurrentThread();
        runs += Count();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(2, runs);

        int Count()
        {
            int count = 0;
            foreach (MappingRun run in walker.Runs(new AddressRange(0, scene.Vm.Size)))
                count++;
            scene.Vm.Translate(vas, results);
            return count;
        }
    }

    [Fact]
    public void Translations_of_a_vm_are_those_of_one_by_one()
    {
        using var scene = new BindScene(vmFlags: 0);
        scene.Do(Op.Null(A, 16 * KiB));
        ulong[] vas = [A, A + (12 * KiB) + 5, A + (16 * KiB), 0, scene.Vm.Size - 1, scene.Vm.Size, ulong.MaxValue];
        var results = new Translation[vas.Length + 1];
        scene.Vm.Translate(vas, results);
        Assert.Equal(vas.Select(va => scene.Vm.Translate(va)), results[..^1]);
        Assert.Throws<ArgumentException>(() => scene.Vm.Translate(vas, results.AsSpan(0, 2)));

        scene.Vm.Destroy();
        scene.Vm.Translate(vas, results);
        Assert.Equal(vas.Select(va => scene.Vm.Translate(va)), results[..^1]);
    }

    [Fact]
    public void Faults_are_answered_one_by_one_whatever_becomes_of_the_others()
    {
        using var one = new BindScene((uint)(VmCreateFlags.LrMode | VmCreateFlags.FaultMode));
        using var many = new BindScene((uint)(VmCreateFlags.LrMode | VmCreateFlags.FaultMode));
        ulong[] vas = [A, A + MiB, A, A + (2 * MiB), 1UL << 60];
        var results = new Errno[vas.Length];
        foreach (BindScene scene in (BindScene[])[one, many])
        {
            uint bo = scene.Bo("X", 2 * MiB);
            scene.Do(Op.Map(bo, A, MiB));
            scene.Do(Op.Map(bo, A + (2 * MiB), MiB));
        }

        int answered = many.Vm.Fault(vas, results);
        Assert.Equal([Errno.Ok, Errno.EINVAL, Errno.Ok, Errno.Ok, Errno.EINVAL], results);
        Assert.Equal(3, answered);
        Assert.Equal(vas.Select(one.Vm.Fault), results);
        Assert.Equal(one.Vm.StateHash(), many.Vm.StateHash());
        Assert.Equal(0, many.Vm.Fault([], []));
        Assert.Throws<ArgumentException>(() => many.Vm.Fault(vas, results.AsSpan(0, 2)));
    }

    [Fact]
    public void Binds_of_one_call_happen_together()
    {
        using var scene = new BindScene(vmFlags: 0);
        Assert.True(scene.Vm.Bind([Op.Null(A, MiB), Op.Null(A + (2 * MiB), MiB)]).IsSignalled);
        Assert.Equal(2, scene.Vm.VmaCount);
        Assert.Equal(Errno.EINVAL, Assert.Throws<XeCallException>(
            () => scene.Vm.Bind([Op.Unmap(A, MiB), Op.Null(A + 1, MiB)])).Errno);
        Assert.Equal(2, scene.Vm.VmaCount);
    }

    private static List<MappingRun> Collect(XeWalker walker, AddressRange range)
    {
        var runs = new List<MappingRun>();
        foreach (MappingRun run in walker.Runs(range))
            runs.Add(run);
        return runs;
    }
}
