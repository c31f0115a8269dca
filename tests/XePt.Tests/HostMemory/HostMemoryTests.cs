using XePt.Devices;
using XePt.Gpuva;
using XePt.Pipeline;
using XePt.Tests.Bind;
using XePt.Tests.Kit;
using XePt.Tests.Queues;
using XePt.Uapi;
using static XePt.Tests.Bind.BindScene;

namespace XePt.Tests.HostMemory;

/// <summary>
/// The host has no memory for the engine: whatever call needs some fails with -ENOMEM (arrays with -ENOBUFS) and changes nothing, however
/// far it came, and what comes later goes as
/// if the call had never been made.
/// </summary>
public class HostMemoryTests
{
    public static TheoryData<string> Cases => [.. HostCase.All.Select(@case => @case.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    [Rule("BIND-219")]
    public void A_call_without_memory_changes_nothing(string name)
    {
        HostCase @case = HostCase.All.Single(@case => @case.Name == name);
        foreach (bool isOneOff in new[] { false, true })
        {
            string[] expected = @case.Repins
                ? [Play(@case, nth: 0, isOneOff, out _), Play(@case, nth: 0, isOneOff, out _, repins: true)]
                : [Play(@case, nth: 0, isOneOff, out _)];
            int nth = 1;
            string seen = Play(@case, nth, isOneOff, out bool wasRefused);
            while (wasRefused)
            {
                Assert.Contains(seen, expected);
                seen = Play(@case, ++nth, isOneOff, out wasRefused);
            }

            // A case in which nothing is refused would show nothing.
            Assert.True(nth > 1, $"{name} takes no memory");
        }
    }

    [Fact]
    public void A_device_without_memory_is_none()
    {
        using var host = new NativeHost();
        bool wasRefused = true;
        for (int nth = 1; wasRefused; nth++)
        {
            host.Refuse(nth);
            try
            {
                using var device = new XeDevice(XePlatforms.Bmg with { TileCount = 1 });
                Assert.False(host.HasRefused);
            }
            catch (InsufficientMemoryException)
            {
                Assert.True(host.HasRefused);
            }

            wasRefused = host.HasRefused;
            host.Recover();
            Assert.Equal(0, host.Live);
        }
    }

    [Fact]
    [Rule("BIND-219")]
    public void Driving_others_out_for_an_object_loses_nothing()
    {
        bool wasRefused = true;
        for (int nth = 1; wasRefused; nth++)
        {
            using var host = new NativeHost();
            using (var scene = new BindScene(0, platform: XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB }))
            {
                for (int i = 0; i < 14; i++)
                    scene.Bo($"E{i}", MiB, placement: 3);
                host.Refuse(nth);
                var gem = new DrmXeGemCreate { Size = 8 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
                Errno error = scene.File.GemCreate(ref gem);
                wasRefused = host.HasRefused;
                Assert.Equal(wasRefused ? Errno.ENOMEM : Errno.Ok, error);
                host.Recover();
                // Who has been driven out stays so, with all of its memory.
                ulong used = scene.Device.Memory.Regions.Aggregate(0ul, (sum, region) => sum + region.Allocator.UsedBytes);
                Assert.Equal((error == Errno.Ok ? 22ul : 14ul) * MiB, used);
                if (wasRefused)
                    Assert.Equal(Errno.Ok, scene.File.GemCreate(ref gem));
            }

            Assert.Equal(0, host.Live);
        }
    }

    [Fact]
    [Rule("UPTR-020")]
    public void Taking_a_mapping_away_needs_no_memory()
    {
        using var host = new NativeHost();
        using (var scene = new BindScene())
        {
            Assert.True(scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x1_0000_0000, 8 * MiB)));
            scene.Do(
                Op.Userptr(0x7000_0000, A, 8 * MiB, VmBindFlags.Immediate),
                Op.Userptr(0x7000_1000, (1ul << 46) - MiB, 4 * MiB, VmBindFlags.Immediate));
            uint sync = scene.File.SyncobjCreate();
            Fence fence = scene.Device.CreateFence("host");
            scene.File.SyncobjAttach(sync, fence);
            // Bind after bind waits, and every one of them keeps what it has staged.
            for (ulong i = 0; i < 50; i++)
                scene.Do([Op.In(sync)], Op.Null(2 * A + (i * MiB), 0x1000, VmBindFlags.Immediate));
            host.Refuse(1);
            Fence gone = scene.File.InvalidateCpuMemory(new(0x7000_0000, 0x7000_0001 + (4 * MiB)));
            Assert.False(gone.IsSignalled);
            fence.TrySignal();
            Assert.True(gone.IsSignalled);
            Assert.False(scene.Vm.Translate(A).IsPresent || scene.Vm.Translate((1ul << 46) - MiB).IsPresent);
            host.Recover();
            Assert.Equal(Errno.Ok, scene.Vm.Fault(A));
        }

        Assert.Equal(0, host.Live);
    }

    [Fact]
    public void Calls_that_make_no_tables_need_no_memory()
    {
        using var host = new NativeHost();
        using (var scene = new BindScene(vmFlags: 0))
        {
            scene.Do(Op.Map(scene.Bo("X", MiB), A, MiB));
            ExecQueue queue = scene.File.Queue(scene.Vm.Id);
            host.Refuse(1);
            uint sync = scene.File.SyncobjCreate();
            var exec = new DrmXeExec { ExecQueueId = queue.Id, NumBatchBuffer = 1, Address = A, NumSyncs = 1 };
            Assert.Equal(Errno.Ok, scene.File.Exec(exec, syncs: [Op.Out(sync)]));
            Assert.True(scene.File.FindSyncobj(sync)!.Fence.IsSignalled);
            Assert.Equal(Errno.Ok, scene.Vm.Zap(A));
            scene.Do(Op.Unmap(A, MiB));
            Assert.Equal(Errno.Ok, scene.File.GemClose(1));
            Assert.False(host.HasRefused);
            host.Recover();
        }

        Assert.Equal(0, host.Live);
    }

    [Fact]
    [Rule("UPTR-020")]
    public void Declaring_cpu_memory_needs_some_and_says_so()
    {
        using var host = new NativeHost();
        using var scene = new BindScene();
        Assert.True(scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x1_0000_0000, 0x1000)));
        host.Refuse(1);
        Assert.Throws<InsufficientMemoryException>(() => scene.File.MapCpuMemory(0x8000_0000, new PhysicalRun(0x1_0000_0000, 0x1000)));
        var others = new PhysicalRun(0x2_0000_0000, 0x1000);
        Assert.Throws<InsufficientMemoryException>(() => scene.File.ReplaceCpuMemory(0x7000_0000, out _, others));
        host.Recover();
        long live = host.Live;
        Assert.False(scene.File.MapCpuMemory(0x7000_0000, new PhysicalRun(0x1_0000_0000, 0x1000)));
        Assert.False(scene.File.ReplaceCpuMemory(0x8000_0000, out _, new PhysicalRun(0x1_0000_0000, 0x1000)));
        Assert.Equal(live, host.Live);
        Assert.True(scene.File.MapCpuMemory(0x8000_0000, new PhysicalRun(0x1_0000_0000, 0x1000)));
    }

    /// <summary>Makes the call, without the <paramref name="nth"/> block if that is not 0, and then others.</summary>
    /// <param name="case">The call.</param>
    /// <param name="nth">The block that is refused; 0 makes the others only.</param>
    /// <param name="isOneOff">Later blocks are not refused.</param>
    /// <param name="wasRefused">There was such a block.</param>
    /// <param name="repins">Without the call, userptrs get the pages of now: a refused call may have come that far, and they keep
    /// them.</param>
    /// <returns>What the others found.</returns>
    private static string Play(HostCase @case, int nth, bool isOneOff, out bool wasRefused, bool repins = false)
    {
        using var host = new NativeHost();
        string seen;
        using (BindScene scene = @case.Make())
        {
            if (repins)
                Repin(scene.Vm.Context);
            string before = State(scene);
            host.Refuse(nth == 0 ? long.MaxValue : nth, isOneOff);
            Errno error = nth == 0 ? Errno.ENOMEM : @case.Act(scene);
            wasRefused = host.HasRefused;
            host.Recover();
            if (wasRefused)
            {
                // Arrays say so in their own way (BIND-054).
                Assert.True(error is Errno.ENOMEM or Errno.ENOBUFS, $"{@case.Name}, block {nth}: {error}");
                if (!@case.Repins)
                    Assert.Equal(before, State(scene));
            }

            else
            {
                Assert.True(nth == 0 || error == Errno.Ok, $"{@case.Name}: {error}");
            }

            seen = wasRefused || nth == 0 ? Others(scene) + @case.Act(scene) + State(scene) : "";
        }

        Assert.Equal(0, host.Live);
        return seen;
    }

    private static void Repin(VmContext vm)
    {
        using VmContext.WriterScope inside = vm.Enter();
        for (int vma = vm.Space.NextFrom(0); vma != 0; vma = vm.Space.NextFrom(vm.Space.Vmas[vma].End))
        {
            ref Vma v = ref vm.Space.Vmas[vma];
            if (v.Userptr != 0 && vm.Userptrs.IsStale(v.Userptr))
                Assert.Equal(Errno.Ok, vm.Repin(v));
        }
    }

    /// <summary>Calls of other kinds.</summary>
    private static string Others(BindScene scene)
    {
        VmBindFlags flags = scene.Vm.Mode == VmMode.DmaFence ? 0 : VmBindFlags.Immediate;
        Errno made = scene.Bind(HostCase.Suited(scene, Op.Map(2, 5ul << 40, 0x2_0000, 0, flags)));
        uint sync = scene.File.SyncobjCreate();
        Errno cut = scene.Bind([Op.Out(sync)], Op.Unmap((5ul << 40) + 0x1_0000, 0x1000));
        bool isDone = scene.File.FindSyncobj(sync)!.Fence.IsSignalled;
        var gem = new DrmXeGemCreate { Size = MiB, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        Errno bo = scene.File.GemCreate(ref gem);
        var vm = new DrmXeVmCreate();
        Errno other = scene.File.VmCreate(ref vm);
        Errno ended = scene.File.VmDestroy(new DrmXeVmDestroy { VmId = vm.VmId });
        ulong address = scene.Vm.Translate(5ul << 40).Address;
        return $"{made} {cut} {isDone} {bo} {gem.Handle} {other} {vm.VmId} {ended} {address:x} {State(scene)} ";
    }

    private static string State(BindScene scene)
    {
        IEnumerable<int> references = scene.File.Bos.Select(bo => bo.Object.References);
        VmContext context = scene.Vm.Context;
        return $"{scene.Vm.StateHash():x} {scene.Device.TablesInUse} {context.UserFences.Count} {context.Jobs.PendingCount} "
            + $"{scene.Vm.IsIdle} {scene.Vm.Counters with { Warnings = 0 }} {string.Join(',', references)}";
    }
}
