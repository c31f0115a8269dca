using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Faults whose copies go on without them: put off with their queue, they hold no thread (HST-030).</summary>
public class PendingCopyTests
{
    private readonly LateEngine _engine = new();

    private SvmScene Open()
    {
        var scene = new SvmScene(drive: DriveMode.Queued, copies: _engine);
        scene.Map(A, Size2M);
        scene.Process.TryWrite(A + 77, [1, 2, 3]);
        return scene;
    }

    private static void Raise(SvmScene scene, ulong asid, GpuAccessKind access = GpuAccessKind.Write) =>
        scene.Device.RaiseFault(new GpuFault { Asid = (uint)asid, PageAddress = A, Access = access });

    [Theory, InlineData(GpuAccessKind.Write), InlineData(GpuAccessKind.Atomic)]
    [Rule("HST-030")]
    public void A_fault_that_migrates_is_put_off_until_its_copy_is_over(GpuAccessKind access)
    {
        using SvmScene scene = Open();
        XeVm other = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.NotEqual(scene.Vm.TlbVm.Asid % 4, other.TlbVm.Asid % 4);
        Raise(scene, scene.Vm.TlbVm.Asid, access);
        Raise(scene, scene.Vm.TlbVm.Asid, access);
        scene.Device.Pump();
        Assert.Empty(scene.Replies);
        Assert.Equal(1, _engine.Count);
        // Another queue goes on, and so does the VM.
        Raise(scene, other.TlbVm.Asid);
        scene.Device.Pump();
        Assert.Equal(Errno.EINVAL, Assert.Single(scene.Replies).Error);
        scene.Vm.MapNull(AddressRange.OfSize(A + (8 * Size2M), Size2M));

        _engine.CompleteAll();
        scene.Device.Pump();
        Assert.Equal([Errno.EINVAL, Errno.Ok, Errno.Ok], scene.Replies.Select(reply => reply.Error));
        Assert.True(scene.IsInVram(A));
        Assert.Equal((2L, 2L, 1L, 1L, 2048L), (scene.Count(GtCounter.SvmPagefaultCount), scene.Count(GtCounter.Svm2MPagefaultCount),
            scene.Count(GtCounter.Svm2MMigrateCount), scene.Count(GtCounter.Svm2MValidPagefaultCount),
            scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(0x030201u, scene.Vm.Read<uint>(A + 77));
    }

    [Fact]
    [Rule("SVM-082")]
    public void A_copy_that_fails_in_the_end_leaves_the_pages_where_they_were()
    {
        using SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        _engine.CompleteAll(Errno.EIO);
        scene.Device.Pump();
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
        Assert.False(scene.IsInVram(A));
        Assert.Equal((0, 0x030201u), (scene.Memory.DeviceBlocks, scene.Vm.Read<uint>(A + 77)));
        // As if it had not been.
        scene.Process.Discard(AddressRange.OfSize(A, Page));
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        _engine.CompleteAll();
        scene.Device.Pump();
        Assert.True(scene.IsInVram(A));
    }

    [Fact]
    [Rule("SVM-083")]
    public void An_atomic_fault_whose_copies_fail_is_nacked_with_their_errno_after_three_of_them()
    {
        using SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid, GpuAccessKind.Atomic);
        for (int copies = 0; copies < 3; copies++)
        {
            scene.Device.Pump();
            Assert.Equal((1, 0), (_engine.Count, scene.Replies.Count));
            _engine.CompleteAll(Errno.EIO);
        }

        scene.Device.Pump();
        Assert.Equal((0, Errno.EIO), (_engine.Count, Assert.Single(scene.Replies).Error));
        Assert.Equal(3, scene.Count(GtCounter.Svm2MMigrateCount));
        Span<byte> bytes = stackalloc byte[3];
        Assert.True(scene.Process.TryRead(A + 77, bytes));
        Assert.Equal([1, 2, 3], bytes.ToArray());
    }

    [Fact]
    public void Memory_that_goes_while_it_is_copied_is_left_out()
    {
        using SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A + (Size2M / 2), Size2M / 2)));
        _engine.CompleteAll();
        scene.Device.Pump();
        Assert.Single(scene.Replies);
        PumpAll(scene);
        Span<byte> bytes = stackalloc byte[3];
        Assert.True(scene.Process.TryRead(A + 77, bytes));
        Assert.Equal([1, 2, 3], bytes.ToArray());
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_VM_or_a_device_may_go_while_a_copy_is_in_flight(bool isDevice)
    {
        using SvmScene scene = Open();
        using PendingAccess access = scene.Vm.BeginAccess(A, GpuAccessKind.Write, new byte[] { 9 });
        scene.Device.Pump();
        Assert.Equal(1, _engine.Count);
        if (isDevice)
        {
            _engine.CompleteAll();
            scene.Device.Dispose();
            Assert.Equal(GpuAccessStatus.Lost, access.Result.Status);
        }
        else
        {
            scene.Vm.Destroy();
            _engine.CompleteAll();
            scene.Device.Pump();
            Assert.Equal(GpuAccessStatus.Nacked, access.Result.Status);
        }

        Span<byte> bytes = stackalloc byte[3];
        Assert.True(scene.Process.TryRead(A + 77, bytes));
        Assert.Equal([1, 2, 3], bytes.ToArray());
    }

    [Fact]
    public void A_block_that_is_being_filled_makes_no_room()
    {
        using var scene = new SvmScene(XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 }, drive: DriveMode.Queued, copies: _engine);
        scene.Map(A, Size2M);
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Assert.Equal(1, _engine.Count);
        var create = new DrmXeGemCreate { Size = 7 * Size2M, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.ENOMEM, scene.File.GemCreate(ref create));
        PumpAll(scene);
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
        Assert.True(scene.IsInVram(A));
        // From then on it does.
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref create));
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }

    private void PumpAll(SvmScene scene)
    {
        while (_engine.Count > 0)
        {
            _engine.CompleteAll();
            scene.Device.Pump();
        }
    }

    /// <summary>Does jobs that were begun when it is told to.</summary>
    private sealed class LateEngine : ICopyEngine
    {
        private readonly List<(Func<Errno> Copy, Fence Done)> _jobs = [];
        private readonly XeDevice _fences = new(XePlatforms.Lnl);

        public int Count => _jobs.Count;

        public Errno Copy(in CopyJob job) => InstantCopyEngine.Instance.Copy(job);

        public Errno Begin(in CopyJob job, out Fence done)
        {
            (CopyDirection direction, int tile, IFrameMemory device, ulong address, IFrameMemory other, ulong[] pages) =
                (job.Direction, job.Tile, job.Device, job.DeviceAddress, job.Other, job.Pages.ToArray());
            done = _fences.CreateFence("copy");
            _jobs.Add((() => Copy(new CopyJob(direction, tile, device, address, other, pages)), done));
            return Errno.Ok;
        }

        public void CompleteAll(Errno error = Errno.Ok)
        {
            (Func<Errno> Copy, Fence Done)[] jobs = [.. _jobs];
            _jobs.Clear();
            foreach ((Func<Errno> copy, Fence done) in jobs)
                done.TrySignal(error == Errno.Ok ? copy() : error);
        }
    }
}
