using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Kit;
using XePt.Tests.Svm;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.HostMemory;

/// <summary>Somebody throws in the middle of a change of a process's pages. The change is carried out to its end all the same, and pages
/// go only when no GPU reaches them; then the exception leaves the call.</summary>
public class ThrowingChangeTests
{
    private const ulong Gpu = 0x1_0000_0000;

    /// <summary>Who throws.</summary>
    public enum Culprit
    {
        /// <summary>The TLB of the first GT, when it is told.</summary>
        Tlb,

        /// <summary>A callback of a fence that this TLB signals.</summary>
        Callback,

        /// <summary>An event of the clock, before the one that ends the wait.</summary>
        Event,

        /// <summary>The hook, when the invalidation is sent.</summary>
        Hook,
    }

    [Theory]
    [InlineData(Culprit.Tlb)]
    [InlineData(Culprit.Callback)]
    [InlineData(Culprit.Hook)]
    [Rule("CON-005")]
    [Rule("SVM-145")]
    [Rule("SVM-148")]
    [Rule("PT-178")]
    public void Every_TLB_is_told_for_every_mirror(Culprit culprit)
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        XeVm other = NewVm(scene.File);
        Assert.Equal(Errno.Ok, scene.File.VmBind(
            other.Id, new DrmXeVmBindOp { Op = VmBindOp.Map, Range = other.Size, Flags = VmBindFlags.CpuAddrMirror }));
        scene.Map(A, Size64K);
        var fault = new GpuFault { Asid = other.TlbVm.Asid, PageAddress = A };
        Assert.Equal((Errno.Ok, Errno.Ok), (scene.Fault(A), scene.Device.RaiseFault(fault)));
        Assert.True(other.Translate(A).IsPresent);
        Assert.Equal([true, true], Told(scene, culprit, isLate: false));
        Assert.Equal((false, 0), (scene.HasRange(A), other.Context.Ranges.Containing(A)));
        Assert.Equal((false, false), (scene.Vm.Translate(A).IsPresent, other.Translate(A).IsPresent));
        AssertServes(scene);
    }

    [Theory]
    [InlineData(Culprit.Tlb)]
    [InlineData(Culprit.Callback)]
    [InlineData(Culprit.Event)]
    [InlineData(Culprit.Hook)]
    [Rule("CON-005")]
    [Rule("UPTR-022")]
    [Rule("UPTR-023")]
    public void Every_TLB_is_waited_for_for_a_userptr(Culprit culprit)
    {
        using var scene = new SvmScene(XePlatforms.Lnl, options: new XeDeviceOptions { SingleThreaded = true });
        scene.Map(A, Size64K);
        BindUserptr(scene);
        Assert.Equal([true], Told(scene, culprit, isLate: true));
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        AssertServes(scene);
    }

    /// <summary>Whichever invalidation the hook throws at: that of the change, that of the unbind.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Rule("CON-005")]
    public void No_GPU_reaches_pages_whose_change_was_disturbed(bool isMirror)
    {
        int places = 0;
        for (bool isThrown = true; isThrown; places++)
        {
            using var scene = new SvmScene(XePlatforms.Lnl);
            scene.Map(A, Size64K);
            if (isMirror)
                Assert.Equal(Errno.Ok, scene.Fault(A));
            else
                BindUserptr(scene);
            using TlbRegistration tlb = scene.Device.Tlb.Register(0, new Client((_, invalidation) => invalidation.Acknowledge()));
            int left = places;
            scene.Device.Failures.Passing = point =>
            {
                if (point == FailurePoint.TlbSend && left-- == 0)
                    Throw();
            };
            Exception? seen = Record.Exception(() => scene.Process.Unmap(AddressRange.OfSize(A, Size64K)));
            scene.Device.Failures.Passing = null;
            isThrown = seen is BadImageFormatException;
            Assert.Equal(isThrown, seen is not null);
            Assert.Equal((places, false), (places, scene.Vm.Translate(isMirror ? A : Gpu).IsPresent));
            AssertServes(scene);
        }

        Assert.True(places > 1);
    }

    /// <summary>A thread inside the VM does for another one's change what that waits for. If it throws there, the other one goes on, and
    /// the exception leaves the call of who was inside.</summary>
    [Fact]
    [Rule("CON-005")]
    [Rule("UPTR-022")]
    public void A_change_that_another_thread_carries_out_ends()
    {
        using var scene = new SvmScene(XePlatforms.Lnl);
        scene.Map(A, Size64K);
        BindUserptr(scene);
        Thread? change = null;
        bool isTold = false;
        scene.Process.Changing += _ => Volatile.Write(ref isTold, true);
        scene.Device.Failures.Passing = point =>
        {
            if (change is null)
            {
                change = new Thread(() => Record.Exception(() => scene.Process.Unmap(AddressRange.OfSize(A, Size64K))));
                change.Start();
                SpinWait.SpinUntil(() => Volatile.Read(ref isTold));
            }

            if (point == FailurePoint.TlbSend)
                Throw();
        };
        Record.Exception(() => scene.File.VmBind(scene.Vm.Id, Userptr(2 * Gpu)));
        scene.Device.Failures.Passing = null;
        Assert.True(change!.Join(TimeSpan.FromMinutes(1)), "a change waits for what nobody does any more");
        Assert.False(scene.Vm.Translate(Gpu).IsPresent);
        AssertServes(scene);
    }

    /// <summary>The host tells of a change itself: every VM takes its userptrs from their pages, whatever comes of the ones
    /// before.</summary>
    [Fact]
    [Rule("UPTR-020")]
    [Rule("UPTR-022")]
    public void Every_VM_is_told_of_a_change_of_the_host()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        using XeFile file = device.OpenFile();
        Assert.True(file.MapCpuMemory(A, new PhysicalRun(0x3000_0000, Size64K)));
        XeVm[] vms = [NewVm(file), NewVm(file)];
        foreach (XeVm vm in vms)
            Assert.Equal(Errno.Ok, file.VmBind(vm.Id, Userptr(Gpu)));
        using (device.Tlb.Register(0, new Client((_, invalidation) =>
        {
            invalidation.Acknowledge();
            Throw();
        })))
            Assert.Throws<BadImageFormatException>(() => file.InvalidateCpuMemory(AddressRange.OfSize(A, Page)));
        Assert.Equal([false, false], vms.Select(vm => vm.Translate(Gpu).IsPresent));
        Assert.True(file.InvalidateCpuMemory(AddressRange.OfSize(A, Page)).IsSignalled);
        Assert.Equal([Errno.Ok, Errno.Ok], vms.Select(vm => vm.Fault(Gpu)));
    }

    /// <summary>Who waits for all VMs does meanwhile what changes wait for in those that he is inside of.</summary>
    [Fact]
    [Rule("BIND-194")]
    public void Who_throws_on_his_way_into_all_VMs_is_inside_none()
    {
        using var device = new XeDevice(XePlatforms.Lnl);
        using XeFile file = device.OpenFile();
        XeVm first = NewVm(file), second = NewVm(file);
        first.Context.Vmas.Process = new ThrowingUserptrs();
        second.Context.Writer.Enter();
        Exception? seen = null;
        var other = new Thread(() => seen = Record.Exception(() => device.Residency.Vms.Enter().Dispose()));
        other.Start();
        other.Join();
        second.Context.Writer.Exit();
        first.Context.Vmas.Process = null;
        Assert.IsType<BadImageFormatException>(seen);
        Assert.True(first.Context.Writer.IsFree);
        XeBo bo = file.CreateBo(Page);
        foreach (XeVm vm in (XeVm[])[first, second, NewVm(file)])
            vm.Map(bo, Gpu);
        device.Residency.Vms.Enter().Dispose();
    }

    /// <summary>Unmaps what is at <see cref="A"/> while somebody throws.</summary>
    /// <returns>For each time that the TLB of the other GT was told: the memory was still mapped when it let go.</returns>
    private static List<bool> Told(SvmScene scene, Culprit culprit, bool isLate)
    {
        List<bool> told = [];
        var clock = (VirtualClock)scene.Device.Clock;
        void LetGo(TlbRegistration registration, ulong seqno)
        {
            told.Add(scene.Process.TryFindVma(A, out _));
            registration.Acknowledge(seqno);
        }

        var first = new Client((_, invalidation) =>
        {
            invalidation.Acknowledge();
            if (culprit == Culprit.Tlb)
                Throw();
            if (culprit != Culprit.Callback)
                return;
            Fence signalled = scene.Device.CreateFence("of a TLB");
            signalled.OnSignalled(_ => Throw());
            signalled.TrySignal();
        });
        var second = new Client((registration, invalidation) =>
        {
            // Another one is that of the unbind.
            if (!invalidation.IsSynchronous && !isLate)
            {
                invalidation.Acknowledge();
                return;
            }

            ulong seqno = invalidation.Seqno;
            if (culprit == Culprit.Event)
                clock.At(clock.Now + 1, Throw);
            if (isLate)
                clock.At(clock.Now + 2, () => LetGo(registration, seqno));
            else
                LetGo(registration, seqno);
        });
        using (first.Registration = scene.Device.Tlb.Register(0, first))
        using (second.Registration = scene.Device.Tlb.Register(1, second))
        {
            if (culprit == Culprit.Hook)
                scene.Once(FailurePoint.TlbSend, Throw);
            Assert.Throws<BadImageFormatException>(() => scene.Process.Unmap(AddressRange.OfSize(A, Size64K)));
            scene.Device.Failures.Passing = null;
        }

        Assert.False(scene.Process.TryFindVma(A, out _));
        return told;
    }

    private static void Throw() => throw new BadImageFormatException("planted");

    private static DrmXeVmBindOp Userptr(ulong at) => BindOps.MapUserptr(A, at, Size64K, pat: 2, VmBindFlags.Immediate);

    private static XeVm NewVm(XeFile file) => file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);

    private static void BindUserptr(SvmScene scene)
    {
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, Userptr(Gpu)));
        Assert.True(scene.Vm.Translate(Gpu).IsPresent);
    }

    /// <summary>Calls of every kind go as if nothing had been.</summary>
    private static void AssertServes(SvmScene scene)
    {
        scene.Map(A, Size64K);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.File.VmBind(scene.Vm.Id, Userptr(3 * Gpu)));
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Map, 4 * Gpu, Size2M, bo: scene.Bo(Size2M, placements: 1)));
        Assert.Equal(Errno.Ok, scene.Process.Unmap(AddressRange.OfSize(A, Size64K)));
        Assert.Equal((false, false), (scene.Vm.Translate(A).IsPresent, scene.Vm.Translate(3 * Gpu).IsPresent));
    }

    private sealed class Client(Action<TlbRegistration, TlbInvalidation> told) : ITlbClient
    {
        public TlbRegistration? Registration { get; set; }

        public void Invalidate(in TlbInvalidation invalidation) => told(Registration!, invalidation);
    }

    private sealed class ThrowingUserptrs : UserptrProcess
    {
        public override Errno Watch(UserptrHit userptr, ulong start, ulong end, out UserptrNotifier? notifier) =>
            throw new NotSupportedException();

        public override void Unwatch(UserptrNotifier notifier) => throw new NotSupportedException();

        public override Errno Collect(UserptrNotifier notifier, in Vma v, ref ulong state, out int pages, out int pagemap) =>
            throw new NotSupportedException();

        public override bool Invalidate(UserptrNotifier notifier, in CpuChange change) => throw new NotSupportedException();

        public override bool IsHeldUp(in Vma v, out Fence ended) => throw new NotSupportedException();

        public override void CarryOutChanges() => throw new NotSupportedException();

        public override void CarryOutBetweenCalls() => Throw();
    }
}
