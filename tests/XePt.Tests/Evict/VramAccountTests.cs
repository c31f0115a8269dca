using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Native;
using XePt.Tests.Bind;
using XePt.Tests.Native;
using XePt.Tests.Svm;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>Two devices of one memory, as two processes have them: 14 MiB, so three BOs of 4 MiB and 2 MiB to spare.</summary>
public sealed class VramAccountTests : IDisposable
{
    private const ulong MiB = BindScene.MiB, A = BindScene.A;

    private readonly VramBlock _block = new();
    private readonly OtherProcess _process = new();
    private readonly Side _own, _other;

    public VramAccountTests()
    {
        _own = new Side(_block.Of(ProcessIdentity.Own));
        _other = new Side(_block.Of(_process.Identity));
    }

    public void Dispose()
    {
        _own.Device.Dispose();
        _other.Device.Dispose();
        _process.Dispose();
        _block.Dispose();
    }

    [Fact]
    [Rule("RN-006")]
    public void A_query_tells_what_all_hold()
    {
        ulong none = _own.Used;
        uint bo = _own.Bo(4 * MiB);
        Assert.Equal((none + (4 * MiB), none + (4 * MiB)), (_own.Used, _other.Used));
        _other.Bo(2 * MiB);
        Assert.Equal((none + (6 * MiB), none + (6 * MiB)), (_own.Used, _other.Used));
        Assert.Equal(_own.Used, _own.VisibleUsed);
        Assert.Equal(Errno.Ok, _own.File.GemClose(bo));
        Assert.Equal((none + (2 * MiB), none + (2 * MiB)), (_own.Used, _other.Used));
        _other.Device.Dispose();
        Assert.Equal((none, none), (_own.Used, _own.VisibleUsed));
    }

    [Fact]
    public void System_memory_is_of_each_its_own()
    {
        ulong before = _other.Look(0).Used;
        _own.Bo(4 * MiB, placement: 1);
        Assert.Equal(before, _other.Look(0).Used);
    }

    [Fact]
    [Rule("RN-006")]
    public void What_the_own_ones_cannot_make_free_others_do_when_they_come_to_it()
    {
        uint a = _own.Bo(4 * MiB), b = _own.Bo(4 * MiB), c = _own.Bo(4 * MiB);
        Assert.Equal(Errno.Ok, _own.File.VmBind(_own.Vm.Id, Op.Map(a, A, 4 * MiB, 0, VmBindFlags.Immediate)));
        Assert.Equal(0, _own.Device.MakeRoom());
        uint d = _other.Bo(4 * MiB), e = _other.Bo(6 * MiB);
        Assert.Equal(("VVV", "VV"), (_own.Places(a, b, c), _other.Places(d, e)));
        // What is on its way counts as gone.
        Assert.Equal(16 * MiB, _own.Used);
        Assert.Equal(16 * MiB, _other.Used);
        Assert.Equal(0, _other.Device.MakeRoom());
        Assert.Equal(2, _own.Device.MakeRoom());
        // The one that was bound last stays.
        Assert.Equal(("VSS", "VV"), (_own.Places(a, b, c), _other.Places(d, e)));
        Assert.Equal(0, _own.Device.MakeRoom());
        Assert.Equal(2, _own.Device.MoveCounters.Evictions);
        Assert.Equal(16 * MiB, _own.Used);
        // One comes back, and the other side makes room.
        Assert.Equal(Errno.Ok, _own.File.PinBo(a, isPinned: true));
        Assert.Equal(Errno.Ok, _own.File.MoveBo(b, 1));
        Assert.Equal(1, _other.Device.MakeRoom());
        Assert.Equal(("VVS", "SV"), (_own.Places(a, b, c), _other.Places(d, e)));
    }

    [Fact]
    [Rule("RN-006")]
    public void The_own_ones_leave_first()
    {
        uint a = _own.Bo(4 * MiB), b = _other.Bo(4 * MiB), c = _other.Bo(4 * MiB);
        uint d = _other.Bo(4 * MiB);
        Assert.Equal(("V", "SVV"), (_own.Places(a), _other.Places(b, c, d)));
        Assert.Equal(0, _own.Device.MakeRoom());
    }

    [Fact]
    public void Own_ones_that_may_not_leave_are_passed_over_and_the_others_asked()
    {
        uint a = _own.Bo(4 * MiB), b = _other.Bo(4 * MiB), c = _other.Bo(4 * MiB);
        Assert.Equal(Errno.Ok, _other.File.PinBo(b, isPinned: true));
        Assert.Equal(Errno.Ok, _other.File.PinBo(c, isPinned: true));
        uint d = _other.Bo(4 * MiB);
        Assert.Equal("VVV", _other.Places(b, c, d));
        Assert.Equal(1, _own.Device.MakeRoom());
        Assert.Equal("S", _own.Places(a));
    }

    [Fact]
    [Rule("RN-006")]
    public void What_is_refused_changes_nothing_on_either_side()
    {
        uint a = _own.Bo(4 * MiB), b = _other.Bo(4 * MiB), c = _other.Bo(4 * MiB);
        byte[] before = _block.Bytes;
        ulong hash = _other.Vm.StateHash();
        // Fits into what there is of it, but for the page tables.
        Assert.Equal(Errno.ENOMEM, _other.TryBo(15 * MiB, out _));
        Assert.Equal(Errno.E2BIG, _other.TryBo(17 * MiB, out _));
        Assert.Equal(before, _block.Bytes);
        Assert.Equal(hash, _other.Vm.StateHash());
        Assert.Equal(("V", "VV", 0), (_own.Places(a), _other.Places(b, c), _own.Device.MakeRoom()));
        Assert.Equal(Errno.Ok, _other.TryBo(2 * MiB, out uint d));
        Assert.Equal(Errno.Ok, _other.File.VmBind(_other.Vm.Id, Op.Map(d, A, 2 * MiB, 0, VmBindFlags.Immediate)));
        Assert.Equal(Errno.Ok, _other.File.GemClose(b));
    }

    [Fact]
    public void What_an_account_refuses_the_device_does_not_have()
    {
        var account = new Miser();
        var side = new Side(account);
        ulong hash = side.Vm.StateHash();
        Assert.Equal(Errno.ENOMEM, side.TryBo(MiB, out _));
        Assert.Equal([(MiB, false), (MiB, false), (MiB, true)], account.Asked);
        uint both = side.Bo(MiB, placement: 3);
        Assert.Equal("S", side.Places(both));
        Assert.Equal(Errno.Ok, side.File.GemClose(both));
        uint deferred = side.Bo(MiB, flags: GemCreateFlags.DeferBacking);
        Assert.Equal(Errno.ENOMEM, side.File.VmBind(side.Vm.Id, Op.Map(deferred, A, MiB, 0, VmBindFlags.Immediate)));
        Assert.Equal(Errno.Ok, side.File.GemClose(deferred));
        Assert.Equal(0, account.Returned);
        Assert.Equal(hash, side.Vm.StateHash());
        side.Device.Dispose();
    }

    [Fact]
    public void What_is_counted_elsewhere_is_not_counted_again()
    {
        var side = new Side(_block.Of(_process.Identity), new EmptyStore());
        ulong before = side.Used;
        var args = new DrmXeGemCreate { Size = 4 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, side.File.GemCreate(ref args, new EmptyStore()));
        Assert.Equal(("V", before), (side.Places(args.Handle), side.Used));
        Assert.Equal(Errno.Ok, side.File.GemClose(args.Handle));
        Assert.Equal(before, side.Used);
        side.Device.Dispose();
    }

    [Fact]
    [Rule("RN-006")]
    public void Pages_of_processes_count_and_make_room_too()
    {
        using var scene = new SvmScene(
            XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB },
            options: new XeDeviceOptions { VramAccount = _block.Of(_process.Identity) });
        ulong before = _own.Used;
        scene.Map(SvmScene.A, 2 * MiB);
        Assert.Equal(Errno.Ok, scene.Bind(VmBindOp.Prefetch, SvmScene.A, 2 * MiB, region: 1));
        Assert.Equal(before + (2 * MiB), _own.Used);
        uint a = _own.Bo(4 * MiB), b = _own.Bo(4 * MiB), c = _own.Bo(4 * MiB);
        Assert.Equal("VVV", _own.Places(a, b, c));
        Assert.Equal(0, scene.Device.MakeRoom());
        uint d = _own.Bo(2 * MiB);
        // The own one made longest ago has left for it.
        Assert.Equal(("SVVV", 0), (_own.Places(a, b, c, d), scene.Device.MakeRoom()));
        Assert.Equal(Errno.Ok, _own.File.GemClose(d));
        Assert.Equal(Errno.Ok, _own.File.GemClose(b));
        Assert.Equal(Errno.Ok, _own.File.GemClose(c));
        uint e = _own.Bo(14 * MiB);
        Assert.Equal(("V", 1), (_own.Places(e), scene.Device.MakeRoom()));
        Assert.Equal(before + (14 * MiB), _own.Used);
    }

    private sealed class Side
    {
        public Side(IVramAccount account, IGpuStore? store = null)
        {
            Device = new XeDevice(
                XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB }, new XeDeviceOptions { VramAccount = account, GpuStore = store });
            File = Device.OpenFile();
            Vm = File.CreateVm();
        }

        public XeDevice Device { get; }

        public XeFile File { get; }

        public XeVm Vm { get; }

        public ulong Used => Look(1).Used;

        public ulong VisibleUsed => Look(1).CpuVisibleUsed;

        public DrmXeMemRegion Look(int region)
        {
            var args = new DrmXeDeviceQuery { Query = DeviceQueryId.MemRegions };
            Assert.Equal(Errno.Ok, File.DeviceQuery(ref args));
            byte[] answer = new byte[args.Size];
            Assert.Equal(Errno.Ok, File.DeviceQuery(ref args, answer));
            return MemoryMarshal.Cast<byte, DrmXeMemRegion>(answer.AsSpan(Marshal.SizeOf<DrmXeQueryMemRegions>()))[region];
        }

        public uint Bo(ulong size, uint placement = 2, GemCreateFlags flags = 0)
        {
            Assert.Equal(Errno.Ok, TryBo(size, out uint handle, placement, flags));
            return handle;
        }

        public Errno TryBo(ulong size, out uint handle, uint placement = 2, GemCreateFlags flags = 0)
        {
            var gem = new DrmXeGemCreate
            {
                Size = size,
                Placement = placement,
                CpuCaching = placement == 1 ? CpuCaching.WriteBack : CpuCaching.WriteCombined,
                Flags = flags,
            };
            Errno error = File.GemCreate(ref gem);
            handle = gem.Handle;
            return error;
        }

        public string Places(params uint[] bos) =>
            string.Concat(bos.Select(bo => File.FindBo(bo)!.Region switch { null => '-', 0 => 'S', _ => 'V' }));
    }

    /// <summary>An account that gives nothing.</summary>
    private sealed class Miser : IVramAccount
    {
        public List<(ulong Bytes, bool Claims)> Asked { get; } = [];

        public int Returned { get; private set; }

        public int Take(int tile, ulong bytes, ulong capacity, bool claims)
        {
            Asked.Add((bytes, claims));
            return 0;
        }

        public void Return(int tile, ulong bytes, int number) => Returned++;

        public VramUse Look(int tile, ulong capacity) => new(0, capacity, 0);
    }

    /// <summary>A store in which nothing is kept, and what an object has in it.</summary>
    private sealed class EmptyStore : IBoStore, IBoContents
    {
        public IBoContents? Begin(in BoTraits bo) => null;

        public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes) => false;

        public bool TryShow(ReadOnlySpan<BoPiece> pieces) => true;

        public void Hide(ReadOnlySpan<BoPiece> pieces)
        {
        }

        public void End()
        {
        }
    }
}
