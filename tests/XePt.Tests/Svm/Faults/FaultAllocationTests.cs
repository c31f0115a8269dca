using XePt.Devices;
using XePt.Host;
using XePt.Uapi;

namespace XePt.Tests.Svm;

/// <summary>P12 for faults: the steady state of the fault path allocates no managed memory.</summary>
public class FaultAllocationTests
{
    private const ulong A = SvmScene.A;

    [Theory]
    [InlineData(1UL << 12, false)]
    [InlineData(1UL << 16, false)]
    [InlineData(1UL << 21, false)]
    [InlineData(1UL << 12, true)]
    [InlineData(1UL << 16, true)]
    [InlineData(1UL << 21, true)]
    public void A_first_touch_allocates_nothing(ulong size, bool migrates)
    {
        using var scene = new Scene(migrates);
        scene.Populate(A, size);
        Assert.Equal(0, scene.Measure(() => scene.Renew(A, size), () => scene.Fault(A)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_fault_on_a_valid_mapping_allocates_nothing(bool migrates)
    {
        using var scene = new Scene(migrates);
        scene.Populate(A, 1 << 16);
        scene.Fault(A);
        Assert.Equal(0, scene.Measure(() => { }, () => scene.Fault(A)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_change_and_the_fault_after_it_allocate_nothing(bool migrates)
    {
        using var scene = new Scene(migrates);
        scene.Populate(A, 1 << 21);
        scene.Fault(A);
        Assert.Equal(0, scene.Measure(() => { }, () =>
        {
            scene.Process.Raise(CpuChangeKind.Clear, AddressRange.OfSize(A, 1 << 16));
            scene.Fault(A);
        }));
    }

    [Fact]
    public void Pages_that_go_to_the_CPU_and_back_allocate_nothing()
    {
        using var scene = new Scene(migrates: true);
        scene.Populate(A, 1 << 16);
        scene.Fault(A);
        Assert.Equal(0, scene.Measure(() => { }, () =>
        {
            scene.Process.Touch(AddressRange.OfSize(A, 1), write: true);
            scene.Fault(A);
        }));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_unmap_and_its_garbage_collection_allocate_nothing(bool migrates)
    {
        using var scene = new Scene(migrates);
        scene.Populate(A, 1 << 16);
        scene.Fault(A);
        Assert.Equal(0, scene.Measure(
            () =>
            {
                scene.Populate(A, 1 << 16);
                scene.Fault(A);
            },
            () => scene.Process.Unmap(AddressRange.OfSize(A, 1 << 16))));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void A_prefetch_allocates_nothing(bool migrates, bool isNew)
    {
        const ulong Size = 8 << 20;
        using var scene = new Scene(migrates);
        scene.Populate(A, Size);
        Assert.Equal(0, scene.Measure(
            () =>
            {
                if (isNew)
                    scene.Renew(A, Size);
            },
            () => scene.Prefetch(A, Size, migrates ? 1u : 0)));
    }

    /// <summary>As <see cref="SvmScene"/>, but nothing of it allocates.</summary>
    private sealed class Scene : IGpuFaultSink, ICopyEngine, IDisposable
    {
        private readonly ModelMemory _memory = new();
        private readonly XeDevice _device;
        private readonly XeFile _file;
        private readonly XeVm _vm;
        private int _wrong;

        public Scene(bool migrates)
        {
            Process = new ModelProcess(_memory);
            _device = new XeDevice(
                migrates ? XePlatforms.Bmg : XePlatforms.Lnl, new XeDeviceOptions { GpuFaultSink = this, CopyEngine = this });
            _file = _device.OpenFile();
            _file.AddressSpace = Process;
            _vm = _file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
            Check(_file.VmBind(Call(new DrmXeVmBindOp { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Range = _vm.Size })));
        }

        public ModelProcess Process { get; }

        /// <summary>Bytes of the least of three measurements, once the first rounds have made lists and pools large enough. What the path
        /// allocates each time it allocates in all three; what the runtime allocates on this thread while it replaces the code by a better
        /// one, at a time of its own choice, it does not.</summary>
        public long Measure(Action prepare, Action run)
        {
            const int Warm = 8, Rounds = 20, Attempts = 3;
            long least = long.MaxValue;
            for (int attempt = -1; attempt < Attempts; attempt++)
            {
                long bytes = 0;
                for (int i = 0; i < (attempt < 0 ? Warm : Rounds); i++)
                {
                    prepare();
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    run();
                    bytes += GC.GetAllocatedBytesForCurrentThread() - before;
                }

                least = attempt < 0 ? least : Math.Min(least, bytes);
            }

            Assert.Equal(0, _wrong);
            return least;
        }

        public void Populate(ulong start, ulong size)
        {
            Check(Process.Map(AddressRange.OfSize(start, size), CpuProtection.ReadWrite));
            Check(Process.Touch(AddressRange.OfSize(start, size), write: true));
        }

        public void Renew(ulong start, ulong size)
        {
            Check(Process.Unmap(AddressRange.OfSize(start, size)));
            Populate(start, size);
        }

        public void Fault(ulong address) => Check(_device.RaiseFault(
            new GpuFault { Asid = _vm.TlbVm.Asid, PageAddress = address, Access = GpuAccessKind.Write }));

        public void Prefetch(ulong start, ulong size, uint region) => Check(_file.VmBind(Call(
            new DrmXeVmBindOp { Op = VmBindOp.Prefetch, Addr = start, Range = size, PrefetchMemRegionInstance = region })));

        public void Reply(in GpuFaultReply reply) => Check(reply.Error);

        public Errno Copy(in CopyJob job) => Errno.Ok;

        public void Dispose()
        {
            _device.Dispose();
            Process.Dispose();
            _memory.Dispose();
        }

        private DrmXeVmBind Call(DrmXeVmBindOp op) => new() { VmId = _vm.Id, NumBinds = 1, Bind = op };

        // No assertion, which might allocate.
        private void Check(Errno error) => _wrong += error != Errno.Ok ? 1 : 0;
    }
}
