using XePt.Devices;
using XePt.Diagnostics;
using XePt.Gpuva;
using XePt.Host;
using XePt.Tests.Svm;
using XePt.Tests.Tlb;
using XePt.Uapi;
using static XePt.Tests.Advice.AdviceScene;

namespace XePt.Tests.Advice;

/// <summary>MADVISE clause by clause (specification 04 chapter 13).</summary>
public class MadviseRuleTests
{
    private const ulong Size = 2 * M;

    [Fact]
    [Rule("MADV-010")]
    [Rule("MADV-017")]
    [Rule("BIND-013")]
    [Rule("BIND-015")]
    [Rule("EVT-008")]
    [Rule("UAPI-030")]
    public void The_vm_is_looked_up_before_the_arguments_and_asked_whether_it_is_banned_after_them()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        DrmXeMadvise unknown = scene.Atomic(A + 1, Size, AtomicAccess.Cpu) with { VmId = 77 };
        Assert.Equal((Errno.EINVAL, "MADV-010"), Refusal(scene, unknown));
        using (scene.Vm.Context.Enter())
            scene.Vm.Context.Ban();
        Assert.Equal((Errno.EINVAL, "MADV-011"), Refusal(scene, scene.Atomic(A + 1, Size, AtomicAccess.Cpu)));
        Assert.Equal((Errno.ENOENT, "MADV-017"), Refusal(scene, scene.Atomic(A, Size, AtomicAccess.Cpu)));
        // Before the file is looked at.
        Assert.Equal((Errno.ENOENT, "MADV-017"), Refusal(scene, scene.Place(A, Size, 99)));
    }

    [Fact]
    [Rule("MADV-016")]
    [Rule("UAPI-030")]
    public void The_garbage_collector_comes_behind_the_arguments_and_before_the_file()
    {
        using var scene = new AdviceScene(drive: DriveMode.Queued);
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, Size));
        Assert.Equal((Errno.EINVAL, "MADV-011"), Refusal(scene, scene.Pat(A + 1, Size, 1)));
        Assert.True(scene.HasRange(A));
        Assert.Equal((Errno.ENOENT, "MADV-018"), Refusal(scene, scene.Place(A, Size, 99, 1)));
        Assert.False(scene.HasRange(A));
    }

    [Fact]
    [Rule("MADV-018")]
    [Rule("MADV-001")]
    [Rule("UAPI-030")]
    public void A_file_names_device_memory_that_a_fast_link_leads_to()
    {
        var link = new XeInterconnect();
        using var scene = new AdviceScene();
        scene.Mirror();
        using var other = new XeDevice(XePlatforms.Bmg);
        XeFile stranger = other.OpenFile();
        var gone = new XeDevice(XePlatforms.Bmg);
        int own = scene.File.Descriptors.Open(scene.File), far = scene.File.Descriptors.Open(stranger);
        int late = scene.File.Descriptors.Open(gone.OpenFile());
        gone.Dispose();
        ulong state = scene.Vm.StateHash();
        Assert.Equal((Errno.ENOENT, "MADV-018"), Refusal(scene, scene.Place(A, Size, 99, 1)));
        Assert.Equal((Errno.ENODEV, "MADV-018"), Refusal(scene, scene.Place(A, Size, late, 1)));
        Assert.Equal((Errno.ENOENT, "MADV-018"), Refusal(scene, scene.Place(A, Size, own, 0)));
        Assert.Equal((Errno.ENOENT, "MADV-018"), Refusal(scene, scene.Place(A, Size, own, 2)));
        Assert.Equal((Errno.ENOLINK, "MADV-018"), Refusal(scene, scene.Place(A, Size, far, 1)));
        // The file comes before the interval.
        Assert.Equal((Errno.ENOLINK, "MADV-018"), Refusal(scene, scene.Place(All - 4096, 8192, far, 1)));
        Assert.Equal(state, scene.Vm.StateHash());

        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, Size, own, 1)));
        Assert.Equal((own, 1), ((int)scene.Attributes[1].PreferredMemLoc.DevmemFd, scene.VmaAt(A).Attributes.Pagemap));
        stranger.Dispose();
        Assert.Equal((Errno.ENOENT, "MADV-018"), Refusal(scene, scene.Place(A, Size, far, 1)));

        using var linked = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Interconnect = link });
        using var peer = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { Interconnect = link, Descriptors = linked.Descriptors });
        XeFile near = linked.OpenFile();
        XeVm vm = near.CreateVm(VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        DrmXeMadvise advice = scene.Place(A, Size, near.Descriptors.Open(peer.OpenFile()), 1) with { VmId = vm.Id };
        Assert.Equal(Errno.Ok, near.Madvise(advice));
    }

    [Fact]
    [Rule("MADV-019")]
    [Rule("MADV-020")]
    [Rule("MADV-024")]
    [Rule("MADV-025")]
    [Rule("UAPI-030")]
    public void An_interval_lies_in_the_vm_and_may_be_empty_of_vmas_in_any_mode()
    {
        foreach (VmCreateFlags mode in new[] { VmCreateFlags.None, VmCreateFlags.LrMode, VmCreateFlags.LrMode | VmCreateFlags.FaultMode })
        {
            using var scene = new AdviceScene(mode);
            Assert.Equal((Errno.EINVAL, "MADV-019"), Refusal(scene, scene.Pat(All - 4096, 8192, 1)));
            Assert.Equal((Errno.EINVAL, "MADV-019"), Refusal(scene, scene.Pat(4096, ulong.MaxValue - 4095, 1)));
            ulong state = scene.Vm.StateHash();
            Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A, Size, 1)));
            Assert.Equal(state, scene.Vm.StateHash());
            Assert.Equal(Errno.Ok, scene.Bind(Null(A, 4 * M)));
            Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(0xffff_0000_0000_0000 | (A + M), M, 1)));
            Assert.Equal((A + M, 1), (scene.VmaAt(A + M).Start, scene.VmaAt(A + M).Attributes.Pat));
            Assert.Equal(Errno.Ok, scene.Bind(new() { Op = VmBindOp.Unmap, Addr = A, Range = 4 * M, PatIndex = 2 }));
        }
    }

    [Theory]
    [InlineData(1u, AtomicAccess.Cpu, true, true)]
    [InlineData(2u, AtomicAccess.Cpu, true, false)]
    [InlineData(1u, AtomicAccess.Device, true, true)]
    [InlineData(1u, AtomicAccess.Device, false, false)]
    [InlineData(2u, AtomicAccess.Device, false, true)]
    [InlineData(1u, AtomicAccess.Global, true, false)]
    [InlineData(2u, AtomicAccess.Global, true, false)]
    [InlineData(3u, AtomicAccess.Global, true, true)]
    [InlineData(1u, AtomicAccess.Undefined, false, true)]
    [Rule("MADV-021")]
    [Rule("UAPI-031")]
    [Rule("MADV-042")]
    [Rule("MADV-065")]
    [Rule("UAPI-030")]
    public void What_an_object_may_be_depends_on_its_placements(uint placements, AtomicAccess access, bool reaches, bool isPossible)
    {
        using var scene = new AdviceScene(platform: XePlatforms.Bmg with { DeviceAtomicsOnSystemMemory = reaches });
        scene.Mirror();
        XeBo bo = scene.File.CreateBo(Size, placements, CpuCaching.WriteCombined);
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, Size, VmBindFlags.Immediate)));
        Errno error = scene.Advise(scene.Atomic(A - M, 4 * M, access));
        Assert.Equal(isPossible ? Errno.Ok : Errno.EINVAL, error);
        // The borders stay (Q13), the attributes do not change.
        Assert.Equal("- - 0 2 3", scene.Borders);
        AtomicAccess expected = isPossible ? access : AtomicAccess.Undefined;
        Assert.Equal((expected, expected), (bo.Atomic, scene.VmaAt(A).Attributes.Atomic));
        Assert.Equal(expected, scene.VmaAt(A - M).Attributes.Atomic);
        Assert.Equal(expected != AtomicAccess.Undefined, scene.VmaAt(A).TileInvalidated != 0);
        bool leavesVram = isPossible && bo.Region > 0 && access is AtomicAccess.Cpu or AtomicAccess.Global;
        Assert.Equal(leavesVram ? 1 : 0, bo.CpuMappingZaps);
    }

    [Fact]
    [Rule("MADV-030")]
    [Rule("MADV-052")]
    [Rule("MADV-053")]
    [Rule("BIND-167")]
    [Rule("BIND-173")]
    [Rule("UAPI-030")]
    public void An_object_is_not_cut_and_loses_all_its_entries()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        XeBo bo = scene.File.CreateBo(4 * M, 2);
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, 4 * M, VmBindFlags.Immediate)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + M, M, 1)));
        Assert.Equal("- 0 4", scene.Borders);
        Assert.Equal((1, 1), (scene.VmaAt(A).TilePresent, scene.VmaAt(A).TileInvalidated));
        // One flush, which covers what was zapped beyond the interval (Q10).
        Assert.Equal([(A, A + 4 * M)], scene.Flushes);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A + 3 * M).Status);
    }

    [Fact]
    [Rule("MADV-031")]
    [Rule("MADV-032")]
    [Rule("MADV-034")]
    [Rule("BIND-174")]
    [Rule("BIND-175")]
    [Rule("PT-130")]
    [Rule("UAPI-030")]
    public void Pieces_inherit_everything_and_are_not_joined_again()
    {
        using var scene = new AdviceScene();
        scene.Mirror(VmBindFlags.ReadOnly | VmBindFlags.Dumpable | VmBindFlags.MadviseAutoreset, pat: 3);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 8 * M, -1, policy: MigrationPolicy.OnlySystemPages)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + 2 * M, 2 * M, 1)));
        Assert.Equal("- 0 2 4 8", scene.Borders);
        foreach (ulong at in new[] { A, A + 2 * M, A + 4 * M })
        {
            Vma v = scene.VmaAt(at);
            Assert.Equal(
                VmaFlags.ReadOnly | VmaFlags.Dumpable | VmaFlags.Autoreset | VmaFlags.Mirror, v.Flags & VmaFlags.CreateMask);
            Assert.Equal((-1, 1, 3), (v.Attributes.PreferredDevice, v.Attributes.MigrationPolicy, v.Attributes.DefaultPat));
            Assert.Equal(at == A + 2 * M ? 1 : 3, v.Attributes.Pat);
        }

        // An interval with borders of its own cuts nothing, and equal attributes join nothing.
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A, 8 * M, 3)));
        Assert.Equal("- 0 2 4 8", scene.Borders);
        // A bind cuts as well, and the pieces keep what the VMA had.
        Assert.Equal(Errno.Ok, scene.Bind(new() { Op = VmBindOp.Unmap, Addr = A + M, Range = M / 2, PatIndex = 2 }));
        Assert.Equal(-1, scene.VmaAt(A + M + M / 2).Attributes.PreferredDevice);
    }

    [Fact]
    [Rule("MADV-033")]
    [Rule("VEC-09")]
    public void A_straddling_range_that_cannot_be_unbound_stays()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Device.Failures.Arm(FailurePoint.RangeUnbind);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A + M, Size, AtomicAccess.Device)));
        Assert.Equal(("- 1 3", true, false), (scene.Borders, scene.HasRange(A), scene.Vm.Context.IsBanned));
        Assert.False(scene.File.LastRejection.IsRejected);
        // Another time it goes, also from the garbage list.
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A + M + M / 2, M, AtomicAccess.Device)));
        Assert.False(scene.HasRange(A));
    }

    [Fact]
    [Rule("MADV-035")]
    public void A_userptr_cannot_be_cut_and_the_list_is_as_before()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, 4 * M);
        DrmXeVmBindOp op = new() { Op = VmBindOp.MapUserptr, Addr = A + 8 * M, Range = 2 * M, ObjOffset = A, PatIndex = 2 };
        Assert.Equal(Errno.Ok, scene.Bind(op));
        ulong state = scene.Vm.StateHash();
        Assert.Equal((Errno.EFAULT, "MADV-035"), Refusal(scene, scene.Pat(A + 7 * M, 2 * M, 1)));
        Assert.Equal((Errno.EFAULT, "MADV-035"), Refusal(scene, scene.Pat(A + 9 * M, 4096, 1)));
        Assert.Equal(state, scene.Vm.StateHash());
        // As a whole it gets attributes like others.
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + 8 * M, 2 * M, 1)));
        Assert.Equal(1, scene.VmaAt(A + 8 * M).Attributes.Pat);
    }

    [Fact]
    [Rule("MADV-040")]
    public void A_location_is_for_mirrors_and_a_region_alone_is_no_difference()
    {
        using var scene = new AdviceScene(platform: XePlatforms.Bmg with
        {
            TileCount = 2,
            GtSlotsPerTile = 2,
            VramDpaBase = [0, 1UL << 40],
        });
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Bind(Null(A + 4 * M, M)));
        int file = scene.File.Descriptors.Open(scene.File);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 5 * M, file, 1)));
        Assert.Equal((1, 1, 1), Location(scene, A));
        Assert.Equal(0, scene.VmaAt(A + 4 * M).Attributes.PreferredDevice);
        Assert.Equal(1, scene.RangeAt(A).TileInvalidated);
        Assert.Equal(Errno.Ok, scene.Fault(A));

        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 5 * M, file, 2)));
        Assert.Equal(((1, 1, 1), 0), (Location(scene, A), scene.Flushes.Count));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 5 * M, file, 2, MigrationPolicy.OnlySystemPages)));
        Assert.Equal((1, 2, 2), Location(scene, A));
        Assert.Equal(1, scene.RangeAt(A).TileInvalidated);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Place(A, 5 * M, 0)));
        Assert.Equal((0, 0, 0), Location(scene, A));
    }

    /// <summary>Nobody asks whether the index suits the memory (Q25).</summary>
    [Fact]
    [Rule("MADV-043")]
    public void A_pat_that_a_bind_of_cached_memory_refuses_is_taken()
    {
        using var scene = new AdviceScene();
        XeBo bo = scene.File.CreateBo(Size, 1, CpuCaching.WriteBack);
        int none = (int)scene.Device.Platform.Pat.IndexNone;
        Assert.Equal(Errno.EINVAL, scene.Bind(Map(bo, A, Size) with { PatIndex = (ushort)none }));
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, Size, VmBindFlags.Immediate)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A, Size, (uint)none)));
        Assert.Equal((none, false), (scene.VmaAt(A).Attributes.Pat, scene.Vm.Translate(A).IsPresent));
        Assert.Equal((Errno.Ok, true), (scene.Fault(A), scene.Vm.Translate(A).IsPresent));
    }

    [Theory]
    [InlineData(true, AtomicAccess.Device, true)]
    [InlineData(false, AtomicAccess.Device, false)]
    [InlineData(true, AtomicAccess.Cpu, false)]
    [Rule("MADV-041")]
    [Rule("MADV-002")]
    public void A_userptr_listens_to_device_atomics_only(bool reaches, AtomicAccess access, bool listens)
    {
        using var scene = new AdviceScene(platform: XePlatforms.Bmg with { DeviceAtomicsOnSystemMemory = reaches });
        scene.Touch(A, M);
        Assert.Equal(Errno.Ok, scene.Bind(new()
        {
            Op = VmBindOp.MapUserptr,
            Addr = A,
            Range = M,
            ObjOffset = A,
            PatIndex = 2,
            Flags = VmBindFlags.Immediate,
        }));
        Assert.Equal(AtomicAccess.Undefined, scene.Attributes[0].Atomic.Val);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(A, M, access)));
        Assert.Equal(listens ? access : AtomicAccess.Undefined, scene.Attributes[0].Atomic.Val);
        Assert.Equal(listens ? 1 : 0, scene.VmaAt(A).TileInvalidated);
        Assert.Equal(listens ? 1 : 0, scene.Flushes.Count);
    }

    [Fact]
    [Rule("MADV-052")]
    public void A_null_vma_is_never_zapped_and_unbinding_a_piece_clears_its_entries()
    {
        using var scene = new AdviceScene();
        Assert.Equal(Errno.Ok, scene.Bind(Null(A, 4 * M) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate }));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + 0x1000, M, 1)));
        Assert.Empty(scene.Flushes);
        Vma middle = scene.VmaAt(A + 0x1000);
        Assert.Equal((0, 0), (middle.TilePresent, middle.TileInvalidated));
        Assert.True(scene.Vm.Translate(A + 0x2000).Status != TranslationStatus.NotPresent);
        Assert.Equal(Errno.Ok, scene.Bind(new() { Op = VmBindOp.Unmap, Addr = A, Range = 4 * M, PatIndex = 2 }));
        for (ulong at = A; at < A + 4 * M; at += 0x1000)
            Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(at).Status);
    }

    /// <summary>A flush cannot fail for good: what is lost is sent for the whole VM, and the call succeeds.</summary>
    [Fact]
    [Rule("MADV-023")]
    [Rule("MADV-053")]
    public void A_flush_that_is_lost_is_sent_for_the_whole_vm()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        Assert.Equal(Errno.Ok, scene.Bind(Map(scene.File.CreateBo(4 * M, 2), A, 4 * M, VmBindFlags.Immediate)));
        scene.Device.Failures.Arm(FailurePoint.TlbSend);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + M, M, 1)));
        Assert.Equal([(0ul, scene.Vm.Size)], scene.Flushes);
        Assert.Equal("nothing armed", scene.Device.Failures.ToString());
    }

    /// <summary>Of two tiles the one whose entries went is flushed, once on each of its GTs and over the interval of the call; both where
    /// both had entries, and none where none is left.</summary>
    [Theory]
    [InlineData(0, new[] { 0 })]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 0, 1 })]
    [Rule("MADV-053")]
    public void The_tiles_that_lost_entries_are_flushed_and_no_others(int piece, int[] tiles)
    {
        using var scene = new SvmScene(XePlatforms.Pvc2T);
        PlatformInfo platform = scene.Device.Platform;
        ulong at = SvmScene.A + ((ulong)piece * SvmScene.Size2M);
        scene.Map(SvmScene.A, 3 * SvmScene.Size2M);
        // Memory of the system, which both tiles map where it is; the first piece on tile 0, the second on tile 1, the third on both.
        Assert.Equal(Errno.Ok, scene.Prefer(SvmScene.A, 3 * SvmScene.Size2M, file: -1));
        foreach ((int of, int tile) in (ReadOnlySpan<(int, int)>)[(0, 0), (1, 1), (2, 0), (2, 1)])
        {
            ulong address = SvmScene.A + ((ulong)of * SvmScene.Size2M);
            Assert.Equal(Errno.Ok, scene.Fault(address, gt: tile * platform.GtSlotsPerTile));
        }

        var clients = platform.Gts.ToDictionary(gt => gt, _ => new RecordingTlb());
        foreach ((int gt, RecordingTlb client) in clients)
            scene.Device.Tlb.Register(gt, client);
        Assert.Equal(Errno.Ok, scene.Advise(at, SvmScene.Size2M, AtomicAccess.Device));
        foreach ((int gt, RecordingTlb client) in clients)
        {
            if (!tiles.Contains(gt / platform.GtSlotsPerTile))
                Assert.Empty(client.Received);
            else
                Assert.Equal(AddressRange.OfSize(at, SvmScene.Size2M), Assert.Single(client.Received).Range);
            client.Received.Clear();
        }

        Assert.Equal(Errno.Ok, scene.Advise(at, SvmScene.Size2M, AtomicAccess.Global));
        Assert.All(clients.Values, client => Assert.Empty(client.Received));
    }

    /// <summary>Marks of the pieces before, in and behind the interval: those at a border that is aligned to the largest page
    /// stay.</summary>
    [Theory]
    [InlineData(2 * M, 4 * M, 1, 0, 1)]
    [InlineData((2 * M) + 0x1000, 4 * M, 0, 0, 1)]
    [InlineData(2 * M, (4 * M) + 0x1000, 1, 0, 0)]
    [Rule("VEC-06")]
    public void Pieces_of_a_null_vma_lose_their_mark_where_a_large_page_is_cut(
        ulong from, ulong to, int before, int inside, int behind)
    {
        using var scene = new AdviceScene();
        Assert.Equal(Errno.Ok, scene.Bind(Null(A, 8 * M) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate }));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + from, to - from, 1)));
        int[] marks = [.. new[] { A, A + from, A + to }.Select(at => (int)scene.VmaAt(at).TilePresent)];
        Assert.Equal([before, inside, behind], marks);
    }

    /// <summary>One that was never bound has no mark to lose; where it is cut at a multiple of 1 GiB its pieces take over that size, as if
    /// their entries stayed, and nowhere else.</summary>
    [Theory]
    [InlineData(1024 * M, 2048 * M, true, true)]
    [InlineData(1026 * M, 2048 * M, false, true)]
    [InlineData(1024 * M, 2050 * M, true, false)]
    [Rule("VEC-06")]
    public void Pieces_of_a_null_vma_of_unknown_page_size_are_cut_as_1_GiB_pages(ulong from, ulong to, bool before, bool behind)
    {
        using var scene = new AdviceScene();
        Assert.Equal(Errno.Ok, scene.Bind(Null(A, 4096 * M)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + from, to - from, 1)));
        Assert.Equal(3, scene.Vm.GetVmas().Count);
        VmaInfo[] pieces = [.. new[] { A, A + from, A + to }.Select(at => scene.Vm.FindVma(at)!.Value)];
        Assert.All(pieces, piece => Assert.Equal((0, 0), (piece.TilePresent, piece.TileStaged)));
        Assert.Equal(
            [before, false, behind], pieces.Select(piece => piece.PageSizes == PageSizeHints.Size1G));
        Assert.Empty(scene.Flushes);
        Assert.Empty(scene.Vm.GetMappings());
    }

    [Theory]
    [InlineData(VmCreateFlags.None)]
    [InlineData(VmCreateFlags.LrMode)]
    [Rule("MADV-055")]
    public void Outside_fault_mode_entries_go_and_nothing_but_a_bind_brings_them_back(VmCreateFlags mode)
    {
        using var scene = new AdviceScene(mode);
        XeBo bo = scene.File.CreateBo(Size, 2);
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, Size)));
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A, Size, 1)));
        Assert.Equal([(A, A + Size)], scene.Flushes);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);
        Assert.Empty(scene.Vm.EvictedBos);
        Assert.Equal(Errno.Ok, scene.Vm.RebindEvicted());
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, Size)));
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A).Status);
    }

    [Fact]
    [Rule("MADV-016")]
    [Rule("MADV-050")]
    [Rule("PT-116")]
    [Rule("PT-119")]
    public void What_is_in_flight_comes_first()
    {
        using var scene = new AdviceScene(drive: DriveMode.Queued);
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        scene.Process.Unmap(AddressRange.OfSize(A, Size));
        Assert.True(scene.HasRange(A));
        // The garbage collector is waited for.
        Assert.Equal(Errno.Ok, scene.Advise(scene.Pat(A + 8 * M, M, 1)));
        Assert.False(scene.HasRange(A));

        XeBo bo = scene.File.CreateBo(Size, 2);
        Assert.Equal(Errno.Ok, scene.Bind(Map(bo, A, Size, VmBindFlags.Immediate)));
        uint sync = 0;
        Assert.Equal(Errno.Ok, Create(scene.File, out sync));
        var line = scene.Device;
        var fence = new FenceTimeline("client");
        Assert.Equal(Errno.Ok, scene.File.SyncobjAttach(sync, fence.At(1)));
        Assert.Equal(Errno.Ok, scene.File.VmBind(
            scene.Vm.Id, [Null(A + 16 * M, M) with { Flags = VmBindFlags.Null | VmBindFlags.Immediate }],
            [new DrmXeSync { Type = SyncType.Syncobj, Handle = sync }]));
        Assert.Equal(Errno.Ok, scene.File.Madvise(scene.Pat(A, Size, 1), out Fence done));
        Assert.False(done.IsSignalled);
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A).Status);
        fence.TrySignal(1);
        line.Pump();
        Assert.True(done.IsSignalled);
        Assert.Equal(TranslationStatus.NotPresent, scene.Vm.Translate(A).Status);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        Assert.Equal(TranslationStatus.Mapped, scene.Vm.Translate(A).Status);
    }

    [Fact]
    [Rule("MADV-019")]
    public void Without_memory_for_the_vmas_nothing_has_changed()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        int failures = 0;
        for (int n = 0; ; n++)
        {
            ulong state = scene.Vm.StateHash();
            scene.Device.Failures.Arm(FailurePoint.Allocation, n);
            Errno error = scene.Advise(scene.Atomic(A + (ulong)n * 8 * M, M, AtomicAccess.Device));
            scene.Device.Failures.Disarm();
            if (error == Errno.Ok)
                break;
            Assert.Equal(Errno.ENOMEM, error);
            Assert.Equal(state, scene.Vm.StateHash());
            failures++;
        }

        Assert.InRange(failures, 1, 20);
    }

    [Fact]
    [Rule("MADV-019")]
    [Rule("MADV-033")]
    public void Without_memory_for_the_vmas_a_range_across_the_border_stays_as_it_is()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Fault(A));
        ulong entry = scene.Vm.Translate(A).Entry, state = scene.Vm.StateHash();
        int failures = 0;
        for (; ; failures++)
        {
            scene.Device.Failures.Arm(FailurePoint.Allocation, failures);
            Errno error = scene.Advise(scene.Atomic(A + M, Size, AtomicAccess.Device));
            scene.Device.Failures.Disarm();
            if (error == Errno.Ok)
                break;
            Assert.Equal(Errno.ENOMEM, error);
            Assert.Equal((true, entry, state), (scene.HasRange(A), scene.Vm.Translate(A).Entry, scene.Vm.StateHash()));
        }

        Assert.InRange(failures, 1, 20);
        Assert.Equal("- 1 3", scene.Borders);
    }

    [Fact]
    [Rule("SVM-122")]
    public void A_mirror_over_a_part_of_one_with_advice_cuts_it_where_there_is_no_range()
    {
        using var scene = new AdviceScene();
        scene.Mirror();
        scene.Touch(A, Size);
        Assert.Equal(Errno.Ok, scene.Advise(scene.Atomic(0, All, AtomicAccess.Device)));
        Assert.Equal(Errno.Ok, scene.Fault(A));
        DrmXeVmBindOp op = new() { Op = VmBindOp.Map, Flags = VmBindFlags.CpuAddrMirror, Addr = A, Range = Size, PatIndex = 2 };
        ulong state = scene.Vm.StateHash();
        Assert.Equal(Errno.EBUSY, scene.Bind(op));
        Assert.Equal(state, scene.Vm.StateHash());
        Assert.Equal(Errno.Ok, scene.Bind(Moved(op, A + 8 * M)));
        Assert.Equal("- 8 10", scene.Borders);
        Assert.Equal(AtomicAccess.Undefined, scene.VmaAt(A + 8 * M).Attributes.Atomic);
        Assert.Equal(AtomicAccess.Device, scene.VmaAt(A + 10 * M).Attributes.Atomic);
        Assert.True(scene.HasRange(A));
    }

    private static Errno Create(XeFile file, out uint sync)
    {
        var args = new DrmSyncobjCreate();
        Errno error = file.SyncobjCreate(ref args);
        sync = args.Handle;
        return error;
    }

    private static (int File, int Region, int Map) Location(AdviceScene scene, ulong at)
    {
        VmaAttributes now = scene.VmaAt(at).Attributes;
        return (now.PreferredDevice > 0 ? 1 : now.PreferredDevice, now.RegionInstance, now.Pagemap);
    }

    private static (Errno, string) Refusal(AdviceScene scene, in DrmXeMadvise args)
    {
        Errno error = scene.Advise(args);
        return (error, scene.File.LastRejection.RuleId);
    }

    private static DrmXeVmBindOp Moved(DrmXeVmBindOp op, ulong to)
    {
        op.Addr = to;
        return op;
    }

    private static DrmXeVmBindOp Null(ulong at, ulong size) =>
        new() { Op = VmBindOp.Map, Flags = VmBindFlags.Null, Addr = at, Range = size, PatIndex = 2 };

    private static DrmXeVmBindOp Map(XeBo bo, ulong at, ulong size, VmBindFlags flags = 0) =>
        new() { Op = VmBindOp.Map, Obj = bo.Handle, Addr = at, Range = size, PatIndex = 2, Flags = flags };
}
