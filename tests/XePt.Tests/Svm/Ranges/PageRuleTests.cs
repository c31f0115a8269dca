using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Svm;
using XePt.Tests.CpuModel;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Svm.SvmScene;

namespace XePt.Tests.Svm;

/// <summary>How the pages of a range are collected (specification 04 section 5.4).</summary>
public class PageRuleTests
{
    [Fact]
    [Rule("SVM-006")]
    [Rule("SVM-090")]
    [Rule("SVM-097")]
    public void Pages_that_are_valid_are_not_looked_at_again()
    {
        using var scene = new SvmScene();
        scene.Map(A, 2 * Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, file: -1));
        Assert.Equal(Errno.Ok, scene.Fault(A + Size2M));
        const SvmRangeFlags both = SvmRangeFlags.HasPages | SvmRangeFlags.HasDevicePages;
        Assert.Equal((both, 1), (scene.RangeAt(A).Flags & both, scene.RangeAt(A).Pagemap));
        Assert.Equal((SvmRangeFlags.HasPages, 0), (scene.RangeAt(A + Size2M).Flags & both, scene.RangeAt(A + Size2M).Pagemap));

        // A change of a neighbour gives the notifier another number, and the range keeps its pages.
        scene.Process.Discard(AddressRange.OfSize(A + Size2M, Page));
        int looks = 0;
        scene.Device.Failures.Passing = point => looks += point == FailurePoint.PageCollection ? 1 : 0;
        // System memory is wanted, but where valid pages are is not asked.
        Assert.Equal(Errno.Ok, Collect(scene, A, new PageDemand(Owner: null, IsReadOnly: false)));
        Assert.Equal((0, both), (looks, scene.RangeAt(A).Flags & both));
        Assert.Equal(Errno.Ok, Collect(scene, A + Size2M, new PageDemand(Owner: null, IsReadOnly: false)));
        Assert.Equal(1, looks);
    }

    [Theory]
    [InlineData("no mapping in the middle", false, Errno.EFAULT)]
    [InlineData("not readable", false, Errno.EFAULT)]
    [InlineData("not readable", true, Errno.EFAULT)]
    [InlineData("registers", false, Errno.EFAULT)]
    [InlineData("not writable in the middle", false, Errno.EPERM)]
    [InlineData("not writable in the middle", true, Errno.Ok)]
    [InlineData("changes again and again", false, Errno.EBUSY)]
    [InlineData("changes once", false, Errno.Ok)]
    [InlineData("gone", false, Errno.EFAULT)]
    [Rule("SVM-092")]
    [Rule("CFG-006")]
    [Rule("HST-036")]
    public void The_process_says_which_pages_there_are(string what, bool isReadOnly, Errno errno)
    {
        var clock = new VirtualClock();
        using var scene = new SvmScene(XePlatforms.Lnl, drive: DriveMode.Queued, options: new XeDeviceOptions { Clock = clock });
        AddressRange middle = AddressRange.OfSize(A + (7 * Page), Page);
        scene.Map(A, Size2M, kind: what == "registers" ? CpuVmaKind.Io : CpuVmaKind.Anonymous, populate: what != "registers");
        int looks = 0;
        long begun = clock.Now;
        Errno error = scene.InRange(A, range =>
        {
            _ = what switch
            {
                "no mapping in the middle" => scene.Process.Unmap(middle),
                "not readable" => scene.Process.Protect(middle, CpuProtection.None),
                "not writable in the middle" => scene.Process.Protect(middle, CpuProtection.Read),
                _ => Errno.Ok,
            };
            if (what == "gone")
                scene.Process.LoseUsers();
            scene.Device.Failures.Passing = point =>
            {
                bool changes = what == "changes again and again" || (what == "changes once" && looks == 0);
                looks += point == FailurePoint.PageCollection ? 1 : 0;
                if (point == FailurePoint.PageCollection && changes)
                    scene.Process.Discard(AddressRange.OfSize(A, Page));
                clock.Pause(50_000_000);
            };
            return RangePages.Collect(scene.Mirrors, range, new PageDemand(scene.Mirrors.Device.Owner, isReadOnly));
        });
        scene.Device.Failures.Passing = null;
        Assert.Equal(errno, error);
        Assert.Equal(errno == Errno.Ok, scene.RangeAt(A).Has(SvmRangeFlags.HasPages));
        if (errno == Errno.EBUSY)
            Assert.InRange(clock.Now - begun, 1_000_000_001, 1_100_000_000);
        if (errno == Errno.Ok)
            Assert.Equal(what == "changes once" ? 2 : 1, looks);
    }

    /// <summary>The last look, inside the gate of the notifier.</summary>
    [Theory]
    [InlineData(true, Errno.EFAULT, 1)]
    [InlineData(false, Errno.Ok, 2)]
    [Rule("SVM-094")]
    public void Pages_that_go_while_they_are_collected_are_not_taken(bool isUnmapped, Errno errno, int looks)
    {
        using var scene = new SvmScene(XePlatforms.Lnl, drive: DriveMode.Queued);
        scene.Map(A, Size2M);
        AddressRange page = AddressRange.OfSize(A, Page);
        int found = 0;
        scene.Device.Failures.Passing = point =>
        {
            if (point == FailurePoint.PageCollection && found++ == 0)
                _ = isUnmapped ? scene.Process.Unmap(page) : scene.Process.Discard(page);
        };
        Assert.Equal(errno, Collect(scene, A, new PageDemand(scene.Mirrors.Device.Owner, IsReadOnly: false)));
        Assert.Equal((looks, errno == Errno.Ok), (found, scene.RangeAt(A).Has(SvmRangeFlags.HasPages)));
        // What is collected is what is there now, so the CPU sees what the GPU writes.
        if (errno != Errno.Ok)
            return;
        Assert.Equal(Errno.Ok, scene.Fault(A, GpuAccessKind.Write));
        scene.Vm.Write(A, 5);
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal(5, read[0]);
    }

    /// <summary>Runs of pages, each a letter: a system page, or a page of one of two blocks of the first tile or of one of the
    /// second.</summary>
    [Theory]
    [InlineData("s", false, false, Errno.Ok, 0)]
    [InlineData("a", false, false, Errno.Ok, 1)]
    [InlineData("ab", false, false, Errno.EOPNOTSUPP, 1)]
    [InlineData("ac", false, false, Errno.EOPNOTSUPP, 1)]
    [InlineData("sa", false, false, Errno.EOPNOTSUPP, 0)]
    [InlineData("as", false, false, Errno.EOPNOTSUPP, 1)]
    [InlineData("ab", true, false, Errno.Ok, 1)]
    [InlineData("as", true, false, Errno.Ok, 1)]
    [InlineData("asb", true, false, Errno.Ok, 1)]
    [InlineData("sa", true, false, Errno.EOPNOTSUPP, 0)]
    [InlineData("ac", true, false, Errno.EOPNOTSUPP, 1)]
    [InlineData("x", false, false, Errno.EOPNOTSUPP, 0)]
    [InlineData("x", true, false, Errno.EOPNOTSUPP, 0)]
    [InlineData("a", false, true, Errno.Ok, 1)]
    [InlineData("s", false, true, Errno.EFAULT, 0)]
    [InlineData("as", false, true, Errno.EOPNOTSUPP, 1)]
    [Rule("SVM-095")]
    [Rule("SVM-096")]
    [Rule("UPTR-008")]
    public void Pages_of_one_kind_go_together(string pages, bool mayMix, bool onlyDevice, Errno errno, int pagemap)
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        Pagemap[] maps = scene.Mirrors.Device.Pagemaps;
        var other = new TestBlock(new TestDevice(scene.Mirrors.Device.Owner), 1);
        (DeviceBlock a, DeviceBlock b, DeviceBlock c) = (maps[0].Rent(Page), maps[0].Rent(Page), maps[1].Rent(Page));
        CpuPageRun[] runs = [.. pages.Select((letter, i) => letter == 's'
            ? CpuPageRun.System(A + ((ulong)i * Page), 1, 0x1000, 0, isWritable: true)
            : CpuPageRun.Device(A + ((ulong)i * Page), 1, letter switch { 'a' => a, 'b' => b, 'c' => c, _ => other }, 0))];
        var demand = new PageDemand(scene.Mirrors.Device.Owner, IsReadOnly: false, onlyDevice, mayMix);
        Assert.Equal(errno, PageMix.Check(runs, demand, out int found));
        Assert.Equal(pagemap, found);
    }

    [Fact]
    [Rule("SVM-098")]
    [Rule("SVM-185")]
    public void Pages_that_do_not_go_together_are_brought_to_system_memory_first()
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, Page));
        scene.Map(A, Page);
        Errno error = scene.InRange(
            A, range => scene.Mirrors.CollectPages(range, new PageDemand(scene.Mirrors.Device.Owner, IsReadOnly: false)));
        Assert.Equal((Errno.EOPNOTSUPP, 0, 2044L), (error, scene.Memory.DeviceBlocks, scene.Count(GtCounter.SvmCpuCopyKb)));
        Assert.Equal(Errno.Ok, Collect(scene, A, new PageDemand(scene.Mirrors.Device.Owner, IsReadOnly: false)));
        Assert.False(scene.IsInVram(A));
    }

    /// <summary>Another device of the interconnect is a peer: its pages stay where they are, and are reached at another address and as
    /// system memory is.</summary>
    [Fact]
    [Rule("SVM-097")]
    [Rule("SVM-110")]
    [Rule("SVM-016")]
    [Rule("PT-032")]
    public void Pages_of_a_peer_are_taken_as_they_are()
    {
        var link = new XeInterconnect();
        using var peer = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Interconnect = link });
        using var scene = new SvmScene(options: new XeDeviceOptions { Interconnect = link, Descriptors = peer.Descriptors });
        XeFile file = peer.OpenFile();
        Assert.Equal((2, 1), (scene.Mirrors.Device.Pagemaps[0].Number, link.Find(1)!.Number));
        scene.Map(A, Size2M);
        Assert.Equal(Errno.Ok, scene.Prefer(0, scene.Vm.Size, scene.File.Descriptors.Open(file), region: 1));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal((true, 1), (scene.IsInVram(A), scene.RangeAt(A).Pagemap));
        Translation found = scene.Vm.Translate(A);
        Assert.Equal(0ul, found.Entry & EntryBits.DeviceMemory);
        Assert.True(Pagemap.TryReadPeerAddress(found.Address, out int number, out ulong offset));
        Assert.Equal((1, 0ul), (number, offset % Size2M));
        // Who copies is the device whose memory it is.
        Assert.Equal((0L, 2048L), (scene.Count(GtCounter.SvmDeviceCopyKb), peer.GetGtStatistics(0)[GtCounter.SvmDeviceCopyKb]));
        scene.Vm.Write(A, 9);
        Span<byte> read = [0];
        Assert.True(scene.Process.TryRead(A, read));
        Assert.Equal(9, read[0]);
    }

    /// <summary>Another device of the same process that has nothing to do with this one is no peer: its pages are foreign, whoever
    /// wants device memory, and the step that collects pages brings them back.</summary>
    [Fact]
    [Rule("SVM-093")]
    [Rule("HST-005")]
    public void Pages_of_a_foreign_device_are_brought_to_system_memory_by_who_collects_them()
    {
        using var scene = new SvmScene();
        using var other = new XeDevice(XePlatforms.Bmg);
        XeFile file = other.OpenFile();
        file.AddressSpace = scene.Process;
        XeVm vm = file.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        vm.MapMirror(new AddressRange(0, vm.Size));
        scene.Map(A, Size2M);
        scene.Process.Write(A + Page, [42]);
        vm.Access(A, GpuAccessKind.Read, new byte[1]);
        Assert.Equal((2048L, 1), (other.GetGtStatistics(0)[GtCounter.SvmDeviceCopyKb], scene.Memory.DeviceBlocks));
        Assert.NotEqual(other.Mirrors.Owner, scene.Mirrors.Device.Owner);

        var demand = new PageDemand(scene.Mirrors.Device.Owner, IsReadOnly: true);
        Assert.Equal(Errno.Ok, Collect(scene, A, demand));
        Assert.Equal((false, 0), (scene.IsInVram(A), scene.Memory.DeviceBlocks));
        // Whose memory it was has copied it, and has no entries any more.
        Assert.Equal((2048L, 0L), (other.GetGtStatistics(0)[GtCounter.SvmCpuCopyKb], scene.Count(GtCounter.SvmCpuCopyKb)));
        Assert.Equal((1L, false), (other.GetGtStatistics(0)[GtCounter.SvmTlbInvalCount], vm.Translate(A).IsPresent));
        Span<byte> read = [0];
        Assert.Equal(Errno.Ok, scene.Process.Read(A + Page, read));
        Assert.Equal(42, read[0]);
    }

    /// <summary>Errors of the collection: those that the driver tries again, and others.</summary>
    [Theory]
    [InlineData(Errno.EOPNOTSUPP, GpuAccessKind.Read, 40)]
    [InlineData(Errno.EFAULT, GpuAccessKind.Read, 40)]
    [InlineData(Errno.EPERM, GpuAccessKind.Read, 40)]
    [InlineData(Errno.EFAULT, GpuAccessKind.Atomic, 3)]
    [InlineData(Errno.EPERM, GpuAccessKind.Atomic, 3)]
    [InlineData(Errno.ENOMEM, GpuAccessKind.Read, 1)]
    [InlineData(Errno.EBUSY, GpuAccessKind.Atomic, 1)]
    [Rule("SVM-099")]
    [Rule("SVM-100")]
    public void Some_errors_are_tried_again_and_in_the_end_each_is_the_answer(Errno errno, GpuAccessKind access, int turns)
    {
        using var scene = new SvmScene();
        scene.Map(A, Size2M);
        int looks = 0;
        scene.Device.Failures.Passing = point => looks += point == FailurePoint.PageCollection ? 1 : 0;
        scene.Device.Failures.Arm(FailurePoint.PageCollection, times: FailureInjector.MostTimes, error: errno);
        // In the driver the first ones go on for ever (Q2), and the last ones are answered as if all were well (Q1).
        Assert.Equal(errno, scene.Fault(A, access));
        Assert.Equal((turns, false), (looks, scene.Vm.Translate(A).IsPresent));
        Assert.Equal((long)turns, scene.Count(GtCounter.Svm2MPagefaultCount));
        scene.Device.Failures.Disarm();
        Assert.Equal(Errno.Ok, scene.Fault(A, access));
    }

    private static Errno Collect(SvmScene scene, ulong address, PageDemand demand) =>
        scene.InRange(address, range => RangePages.Collect(scene.Mirrors, range, demand));
}
