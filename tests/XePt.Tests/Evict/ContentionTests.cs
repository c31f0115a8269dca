using XePt.Tests.Bind;
using XePt.Uapi;
using static XePt.Tests.Evict.EvictScene;

namespace XePt.Tests.Evict;

/// <summary>Moves meet other VMs (BIND-194, BIND-273).</summary>
public class ContentionTests
{
    [Fact]
    [Rule("BIND-194")]
    [Rule("BIND-128")]
    public void A_bind_that_must_evict_while_another_vm_is_busy_starts_again_and_succeeds()
    {
        using var scene = new EvictScene(vmFlags: 0);
        XeVm other = scene.Scene.CreateVm(0);
        uint a = scene.Bo(8 * MiB), b = scene.Bo(8 * MiB, isDeferred: true);
        scene.Map(other, a, A);
        uint sync = scene.File.SyncobjCreate(signalled: true);
        using var entered = new ManualResetEventSlim();
        using var leave = new ManualResetEventSlim();
        var holder = new Thread(() =>
        {
            other.Context.Writer.Enter();
            entered.Set();
            leave.Wait(TestContext.Current.CancellationToken);
            other.Context.Writer.Exit();
        });
        holder.Start();
        entered.Wait(TestContext.Current.CancellationToken);
        Errno error = Errno.EIO;
        var binder = new Thread(() => error = scene.TryMap(scene.Vm, A, [Op.In(sync)], [b]));
        binder.Start();
        // The binder cannot succeed while the other VM is entered, and its own VM is free while it waits.
        Assert.False(binder.Join(50));
        leave.Set();
        binder.Join();
        holder.Join();
        Assert.Equal((Errno.Ok, "SV", 1ul), (error, scene.Places(a, b), scene.Vm.Context.Call.Queue.UserFenceCounter));
        Assert.Equal([scene.Of(a).Number], other.EvictedBos);
    }

    [Fact]
    [Rule("BIND-273")]
    public void Binders_movers_and_creators_on_many_threads_end_with_every_byte_accounted_for()
    {
        using var scene = new EvictScene(vmFlags: 0);
        XeVm[] vms = [scene.Vm, scene.Scene.CreateVm(0), scene.Scene.CreateVm(6), scene.Scene.CreateVm(2)];
        // All of them fit together, or a VM that maps them all could not be brought up to date: its own BOs make no room for each other
        // (BIND-021). The pressure comes from BOs that the mover makes and nobody maps.
        uint[] bos = [.. Enumerable.Range(0, 6).Select(i => scene.Bo(2 * MiB, placement: 2 + ((uint)i % 2), isDeferred: true))];
        var odd = new List<string>();
        Thread[] threads =
        [
            .. vms.Select((vm, seed) => new Thread(() => Churn(scene, vm, bos, seed, odd))),
            new Thread(() => Move(scene, bos, odd)),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            Assert.True(thread.Join(TimeSpan.FromMinutes(2)), "a thread hangs");

        Assert.Empty(odd);
        foreach (XeVm vm in vms)
            Assert.Equal(Errno.Ok, vm.RebindEvicted());
        foreach (XeVm vm in vms)
        {
            foreach (VmaInfo vma in vm.GetVmas().Where(vma => vma.TilePresent != 0 && vma.TileInvalidated == 0))
                Assert.True(scene.Shows(vm, vma.Range.Start, bos.First(bo => scene.Of(bo).Number == vma.BoNumber)));
        }

        foreach (uint bo in bos)
            scene.File.GemClose(bo);
        foreach (XeVm vm in vms)
            Assert.Equal(Errno.Ok, scene.Scene.Bind(new DrmXeVmBind { VmId = vm.Id }, [], Op.Unmap(0, vm.Size)));
        Assert.Equal((0ul, 0ul), (scene.VramUsed, scene.SystemUsed));
    }

    private static void Churn(EvictScene scene, XeVm vm, uint[] bos, int seed, List<string> odd)
    {
        var random = new Random(seed);
        for (int i = 0; i < 400; i++)
        {
            uint bo = bos[random.Next(bos.Length)];
            Errno error = random.Next(4) switch
            {
                0 => scene.Scene.Bind(new DrmXeVmBind { VmId = vm.Id }, [], Op.Unmap(bo * A, 2 * MiB)),
                1 when vm.Mode == VmMode.Fault => vm.Fault(bo * A),
                1 => scene.Exec(vm),
                _ => scene.TryMap(vm, bo * A, bo),
            };
            // A fault where nothing is mapped is refused, and there may be no room because all else is in use by this VM.
            if (error is not (Errno.Ok or Errno.ENOMEM or Errno.EBUSY or Errno.EINVAL))
                Note(odd, $"vm {vm.Id}: {error}");
        }
    }

    private static void Move(EvictScene scene, uint[] bos, List<string> odd)
    {
        var random = new Random(99);
        for (int i = 0; i < 400; i++)
        {
            uint bo = bos[random.Next(bos.Length)];
            Errno error = random.Next(20) == 0 ? scene.Device.EvictAll() : scene.File.EvictBo(bo);
            if (error is not (Errno.Ok or Errno.EBUSY))
                Note(odd, $"mover: {error}");
            if (scene.TryBo(4 * MiB, out uint made) == Errno.Ok)
                scene.File.GemClose(made);
        }
    }

    private static void Note(List<string> odd, string what)
    {
        lock (odd)
            odd.Add(what);
    }
}
