using XePt.Devices;
using XePt.Diagnostics;
using XePt.Host;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>Faults whose copies go on without them: put off with their queue, they hold no thread (HST-030).</summary>
public sealed class PendingCopyTests : IDisposable
{
    private readonly LateEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    private SvmScene Open()
    {
        var scene = new SvmScene(drive: DriveMode.Queued, options: new XeDeviceOptions { CopyEngine = _engine });
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

    /// <summary>A fork waits for migrations, and here ends one that was all that was left inside.</summary>
    [Fact]
    [Rule("SVM-051")]
    public void A_process_whose_last_user_leaves_in_the_middle_of_a_change_ends_after_it()
    {
        using SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        scene.Process.Exit();
        Assert.False(scene.Process.IsGone);
        _engine.CompleteAll();
        Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? child));
        Assert.Equal((true, 0), (scene.Process.IsGone, scene.Process.MappingCount));
        Span<byte> bytes = stackalloc byte[3];
        Assert.True(child!.TryRead(A + 77, bytes));
        Assert.Equal([1, 2, 3], bytes.ToArray());
        child.Dispose();
        scene.Device.Pump();
        Assert.Equal((0, 0, 0L), (scene.Ranges.Count, scene.Memory.DeviceBlocks, scene.Memory.UsedBytes));
    }

    [Fact]
    public void A_block_that_is_being_filled_makes_no_room()
    {
        using var scene = new SvmScene(
            XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 }, drive: DriveMode.Queued,
            options: new XeDeviceOptions { CopyEngine = _engine });
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

    /// <summary>What a process does while its pages are copied. It may go on with another thing; here it has no other.</summary>
    public enum Change
    {
        Nothing,
        Unmap,
        UnmapAndMap,
        UnmapPart,
        Discard,
        Protect,
        ProtectAndBack,
        Exit,
    }

    public static TheoryData<Change, bool> Changes() => new(
        from change in Enum.GetValues<Change>()
        from fails in new[] { false, true }
        select (change, fails));

    [Theory, MemberData(nameof(Changes))]
    public void Pages_that_change_while_they_are_copied_are_those_of_the_change(Change change, bool failsToCopy)
    {
        using SvmScene scene = Open();
        long frames = scene.Memory.UsedBytes;
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Assert.Equal(1, _engine.Count);
        byte[] expected = [1, 2, 3];
        AddressRange all = AddressRange.OfSize(A, Size2M), half = AddressRange.OfSize(A, Size2M / 2);
        switch (change)
        {
            case Change.Unmap:
                Assert.Equal(Errno.Ok, scene.Process.Unmap(all));
                expected = [];
                break;
            case Change.UnmapAndMap:
                Assert.Equal(Errno.Ok, scene.Process.Unmap(all));
                scene.Map(A, Size2M);
                expected = [0, 0, 0];
                break;
            case Change.UnmapPart:
                Assert.Equal(Errno.Ok, scene.Process.Unmap(half));
                expected = [];
                break;
            case Change.Discard:
                Assert.Equal(Errno.Ok, scene.Process.Discard(half));
                expected = [0, 0, 0];
                break;
            case Change.Protect:
                Assert.Equal(Errno.Ok, scene.Process.Protect(all, CpuProtection.Read));
                break;
            case Change.ProtectAndBack:
                Assert.Equal(Errno.Ok, scene.Process.Protect(all, CpuProtection.Read));
                Assert.Equal(Errno.Ok, scene.Process.Protect(all, CpuProtection.ReadWrite));
                break;
            case Change.Exit:
                scene.Process.Exit();
                // The migration is inside, as in the driver.
                Assert.False(scene.Process.Mappings.Count == 0);
                expected = [];
                break;
            default:
                break;
        }

        _engine.CompleteAll(failsToCopy ? Errno.EIO : Errno.Ok);
        scene.Device.Pump();
        PumpAll(scene);
        Assert.Single(scene.Replies);
        Assert.Equal(change is Change.Exit or Change.Unmap, scene.Process.Mappings.Count == 0);
        Span<byte> bytes = stackalloc byte[expected.Length];
        if (expected.Length > 0)
        {
            GpuAccess access = scene.Vm.Access(A + 77, GpuAccessKind.Read, bytes);
            Assert.Equal(change == Change.Protect ? GpuAccessStatus.Nacked : GpuAccessStatus.Done, access.Status);
            Assert.True(scene.Process.TryRead(A + 77, bytes));
            Assert.Equal(expected, bytes.ToArray());
        }

        scene.Process.Unmap(all);
        scene.Device.Pump();
        Assert.Equal((0, 0), (scene.Memory.DeviceBlocks, scene.Ranges.Count));
        Assert.Equal(0, scene.Memory.UsedBytes);
        Assert.Equal(Size2M, (ulong)frames);
    }

    /// <summary>Who needs the pages at once while they are copied.</summary>
    public enum Need
    {
        Read,
        Write,
        Fork,
        Remap,
        Userptr,
        PrefetchToSystem,
        PrefetchToVram,
    }

    public static TheoryData<Need, bool> Needs() => new(
        from need in Enum.GetValues<Need>()
        from fails in new[] { false, true }
        select (need, fails));

    [Theory, MemberData(nameof(Needs))]
    public void Who_needs_pages_that_are_copied_waits_for_the_copy_by_the_clock(Need need, bool failsToCopy)
    {
        using SvmScene scene = Open();
        _engine.CompleteAt(scene.Device.Clock, 5_000_000, failsToCopy ? Errno.EIO : Errno.Ok);
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Assert.Equal(1, _engine.Count);
        XeVm other = scene.File.CreateVm(need == Need.Userptr ? VmCreateFlags.LrMode : VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        ulong at = A + 77;
        Span<byte> bytes = stackalloc byte[3];
        byte[] expected = [1, 2, 3];
        switch (need)
        {
            case Need.Read:
                Assert.True(scene.Process.TryRead(at, bytes));
                Assert.Equal(expected, bytes.ToArray());
                break;
            case Need.Write:
                expected = [4, 5, 6];
                Assert.True(scene.Process.TryWrite(at, expected));
                break;
            case Need.Fork:
                Assert.Equal(Errno.Ok, scene.Process.Fork(out ModelProcess? child));
                Assert.True(child!.TryRead(at, bytes));
                Assert.Equal(expected, bytes.ToArray());
                child.Dispose();
                break;
            case Need.Remap:
                Assert.Equal(Errno.Ok, scene.Process.RemapTo(AddressRange.OfSize(A, Size2M), AddressRange.OfSize(A + Size2M, Size2M)));
                at += Size2M;
                break;
            case Need.Userptr:
                // Inside a VM no events of the clock happen: the copy does not end, and after a second of the clock the call gives up
                // (BIND-178).
                Errno errno = scene.File.VmBind(other.Id, [new DrmXeVmBindOp
                {
                    Op = VmBindOp.MapUserptr,
                    PatIndex = (ushort)scene.Device.Platform.Pat.IndexWriteBack,
                    Userptr = A,
                    Addr = A,
                    Range = Size2M,
                }
                ]);
                Assert.Equal(Errno.ENOMEM, errno);
                break;
            default:
                other.MapMirror(new AddressRange(0, other.Size));
                Errno error = scene.File.VmBind(other.Id, [new DrmXeVmBindOp
                {
                    Op = VmBindOp.Prefetch,
                    Addr = A,
                    Range = Size2M,
                    PrefetchMemRegionInstance = need == Need.PrefetchToSystem ? 0u : 1,
                }
                ]);
                // That is no failure for a prefetch into VRAM: then it is in vain (PFT-011).
                Assert.Equal(need == Need.PrefetchToSystem ? Errno.EBUSY : Errno.Ok, error);
                break;
        }

        scene.Device.Clock.RunDue();
        scene.Device.Pump();
        PumpAll(scene);
        Assert.Single(scene.Replies);
        GpuAccess access = scene.Vm.Access(at, GpuAccessKind.Read, bytes);
        PumpAll(scene);
        Assert.True(access.IsDone || scene.Vm.Access(at, GpuAccessKind.Read, bytes).IsDone);
        Assert.Equal(expected, bytes.ToArray());
    }

    [Fact]
    public void A_fault_on_pages_that_another_fault_copies_waits_with_its_queue_and_no_thread()
    {
        using SvmScene scene = Open();
        XeVm same = scene.File.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        Assert.NotEqual(scene.Vm.TlbVm.Asid % 4, same.TlbVm.Asid % 4);
        same.MapMirror(new AddressRange(0, same.Size));
        using var peer = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { GpuFaultSink = scene, Drive = DriveMode.Queued });
        XeFile file = peer.OpenFile();
        file.AddressSpace = scene.Process;
        XeVm far = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        far.MapMirror(new AddressRange(0, far.Size));
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Raise(scene, same.TlbVm.Asid, GpuAccessKind.Atomic);
        scene.Device.Pump();
        peer.RaiseFault(new GpuFault { Asid = far.TlbVm.Asid, PageAddress = A, Access = GpuAccessKind.Read });
        peer.Pump();
        long now = scene.Device.Clock.Now;
        Assert.Equal((1, 0), (_engine.Count, scene.Replies.Count));

        PumpAll(scene);
        Assert.Equal([Errno.Ok, Errno.Ok], scene.Replies.Select(reply => reply.Error));
        Assert.Equal(now, scene.Device.Clock.Now);
        // The other one finds its pages where it wants them.
        Assert.Equal(2, scene.Count(GtCounter.Svm2MMigrateCount));
        Assert.Equal((2, 2048), (scene.Count(GtCounter.Svm2MPagefaultCount), scene.Count(GtCounter.SvmDeviceCopyKb)));
        Assert.Equal(0x030201u, same.Read<uint>(A + 77));
        peer.Pump();
        Assert.Equal(3, scene.Replies.Count);
        Assert.Equal(0x030201u, far.Read<uint>(A + 77));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_later_copy_that_cannot_begin_fails_the_migration_when_the_earlier_ones_are_over(bool throws)
    {
        using SvmScene scene = Open();
        // An absent page ends a job.
        Assert.Equal(Errno.Ok, scene.Process.Discard(AddressRange.OfSize(A + Size64K, Page)));
        _engine.FailAt(2, throws);
        Raise(scene, scene.Vm.TlbVm.Asid);
        if (throws)
            Assert.Throws<InvalidOperationException>(() => scene.Device.Pump());
        else
            scene.Device.Pump();
        Assert.Equal((1, 0), (_engine.Count, scene.Replies.Count));
        _engine.CompleteAll();
        scene.Device.Pump();
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
        Assert.Equal((0, false), (scene.Memory.DeviceBlocks, scene.IsInVram(A)));
        Assert.Equal(0x030201u, scene.Vm.Read<uint>(A + 77));
    }

    [Fact]
    [Rule("FLT-015")]
    public void A_fault_whose_copy_is_in_flight_is_in_service_and_no_reset_forgets_it()
    {
        using SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        Raise(scene, scene.Vm.TlbVm.Asid);
        Assert.Equal(1, scene.Device.ResetGt(0));
        _engine.CompleteAll();
        scene.Device.Pump();
        Assert.Equal(Errno.Ok, Assert.Single(scene.Replies).Error);
    }

    [Fact]
    public void A_copy_that_ends_after_its_device_changes_nothing()
    {
        SvmScene scene = Open();
        Raise(scene, scene.Vm.TlbVm.Asid);
        scene.Device.Pump();
        scene.Device.Dispose();
        Span<byte> bytes = stackalloc byte[3];
        Assert.True(scene.Process.TryRead(A + 77, bytes));
        Assert.Equal([1, 2, 3], bytes.ToArray());
        _engine.Forget();
        Assert.Empty(scene.Replies);
        Assert.Equal(0, scene.Memory.DeviceBlocks);
    }

    /// <summary>Threads that touch what the GPU moves, while copies end on yet another one.</summary>
    [Fact]
    [Rule("CON-014")]
    public void CPU_and_GPU_see_each_others_writes_while_copies_end_on_another_thread()
    {
        const int Rounds = 100;
        using SvmScene scene = Open();
        bool isOver = false;
        var driver = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                scene.Device.Pump();
                _engine.CompleteAll();
                Thread.Yield();
            }
        });
        driver.Start();
        Span<byte> bytes = stackalloc byte[4];
        for (uint round = 1; round <= Rounds; round++)
        {
            using PendingAccess move = scene.Vm.BeginAccess(A + Page, GpuAccessKind.Write, new byte[] { (byte)round });
            BitConverter.TryWriteBytes(bytes, round);
            Assert.True(scene.Process.TryWrite(A + 64, bytes));
            Assert.True(move.Completed.Wait(TimeSpan.FromMinutes(1)));
            Assert.Equal(GpuAccessStatus.Done, move.Result.Status);
            while (!scene.Vm.Access(A + 64, GpuAccessKind.Read, bytes).IsDone)
                Thread.Yield();
            Assert.Equal(round, BitConverter.ToUInt32(bytes));
            Assert.True(scene.Process.TryRead(A + Page, bytes[..1]));
            Assert.Equal((byte)round, bytes[0]);
        }

        Volatile.Write(ref isOver, true);
        driver.Join();
        Assert.True(scene.Count(GtCounter.Svm2MMigrateCount) > Rounds / 2);
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
    private sealed class LateEngine : ICopyEngine, IDisposable
    {
        private readonly List<(Func<Errno> Copy, Fence Done)> _jobs = [];
        private readonly XeDevice _fences = new(XePlatforms.Lnl);

        private VirtualClock? _clock;
        private long _delay;
        private Errno _error;
        private int _failing, _begun;
        private bool _throws;

        public void Dispose() => _fences.Dispose();

        public int Count
        {
            get
            {
                lock (_jobs)
                    return _jobs.Count;
            }
        }

        public Errno Copy(in CopyJob job) => InstantCopyEngine.Instance.Copy(job);

        /// <summary>From now on jobs complete by themselves, so long after they have begun.</summary>
        public void CompleteAt(XeClock clock, long delay, Errno error) => (_clock, _delay, _error) = ((VirtualClock)clock, delay, error);

        /// <summary>That job cannot be begun.</summary>
        public void FailAt(int job, bool throws) => (_failing, _throws) = (job, throws);

        public void Forget() => _jobs.Clear();

        public Errno Begin(in CopyJob job, out Fence done)
        {
            (CopyDirection direction, int tile, IFrameMemory device, ulong address, IFrameMemory other, ulong[] pages) =
                (job.Direction, job.Tile, job.Device, job.DeviceAddress, job.Other, job.Pages.ToArray());
            done = default;
            if (++_begun == _failing)
                return _throws ? throw new InvalidOperationException("no copy") : Errno.EIO;
            done = _fences.CreateFence("copy");
            lock (_jobs)
                _jobs.Add((() => Copy(new CopyJob(direction, tile, device, address, other, pages)), done));
            _clock?.At(_clock.Now + _delay, () => CompleteAll(_error));
            return Errno.Ok;
        }

        public void CompleteAll(Errno error = Errno.Ok)
        {
            (Func<Errno> Copy, Fence Done)[] jobs;
            lock (_jobs)
            {
                jobs = [.. _jobs];
                _jobs.Clear();
            }

            foreach ((Func<Errno> copy, Fence done) in jobs)
                done.TrySignal(error == Errno.Ok ? copy() : error);
        }
    }
}
