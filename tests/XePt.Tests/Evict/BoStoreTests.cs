using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Evict;

/// <summary>A store that keeps each BO's contents in a place of their own hears where they are to be seen.</summary>
public sealed class BoStoreTests : IDisposable
{
    private const ulong A = BindScene.A, MiB = BindScene.MiB;

    private readonly Store _store = new();
    private readonly XeDevice _device;
    private readonly XeFile _file;
    private readonly XeVm _vm;

    public BoStoreTests()
    {
        _device = new XeDevice(XePlatforms.Bmg with { VramBytesPerTile = 16 * MiB }, new XeDeviceOptions { GpuStore = _store });
        _file = _device.OpenFile();
        _vm = _file.CreateVm();
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Contents_are_shown_where_the_bo_is_and_hidden_where_it_was()
    {
        XeBo bo = _file.CreateBo(MiB, placement: 3);
        Contents contents = Assert.Single(_store.Begun);
        Assert.Same(contents, bo.Contents);
        Assert.Equal(["show device"], contents.Heard);
        Assert.Equal(Errno.Ok, _file.MoveBo(bo.Handle, 0));
        Assert.Equal(["show device", "show system", "hide device"], contents.Heard);
        Assert.Equal(Errno.Ok, _file.GemClose(bo.Handle));
        Assert.Equal(["show device", "show system", "hide device", "hide system", "end"], contents.Heard);
    }

    [Fact]
    public void The_pieces_are_those_of_the_bo()
    {
        XeBo bo = _file.CreateBo(3 * MiB, placement: 2);
        ulong[] expected = [.. bo.Segments.Select(run => run.Size)];
        Contents contents = Assert.Single(_store.Begun);
        Assert.Equal(expected, contents.Pieces.Select(piece => piece.Size));
        Assert.Equal(3 * MiB, contents.Pieces.Aggregate(0UL, (at, piece) => piece.Offset == at ? at + piece.Size : 0));
        Assert.Equal(Errno.Ok, _file.VmBind(_vm.Id, Op.Map(bo.Handle, A, 3 * MiB, 0, VmBindFlags.Immediate)));
        Translation first = _vm.Translate(A);
        Assert.Equal((contents.Pieces[0].Address, true), (first.Address, contents.Pieces[0].IsDeviceMemory));
    }

    [Fact]
    public void A_bo_does_without_when_its_contents_cannot_be_shown()
    {
        XeBo bo = _file.CreateBo(MiB, placement: 3);
        Contents contents = Assert.Single(_store.Begun);
        Assert.Equal(Errno.Ok, _file.VmBind(_vm.Id, Op.Map(bo.Handle, A, MiB, 0, VmBindFlags.Immediate)));
        Assert.True(_store.TryWrite(_vm.Translate(A + 0x5000), [1, 2, 3]));
        contents.Shows = false;
        Assert.Equal(Errno.Ok, _file.MoveBo(bo.Handle, 0));
        Assert.Equal(["show device", "hide device", "end"], contents.Heard);
        Assert.Null(bo.Contents);
        Assert.Equal(Errno.Ok, _vm.RebindEvicted());
        Span<byte> read = stackalloc byte[3];
        Assert.True(_store.TryRead(_vm.Translate(A + 0x5000), read));
        Assert.Equal([1, 2, 3], read.ToArray());
    }

    [Fact]
    public void A_bo_without_contents_is_kept_as_other_memory()
    {
        _store.HasMemory = false;
        XeBo bo = _file.CreateBo(MiB, placement: 3);
        Assert.Null(bo.Contents);
        Assert.Equal(Errno.Ok, _file.MoveBo(bo.Handle, 0));
        Assert.Equal(Errno.Ok, _file.GemClose(bo.Handle));
        Assert.Empty(_store.Begun);
    }

    [Fact]
    public void A_store_is_told_what_a_bo_is()
    {
        XeBo open = _file.CreateBo(MiB, placement: 3);
        _file.CreateBo(2 * MiB, placement: 1, CpuCaching.WriteBack, vm: _vm);
        Assert.Equal(
            [new BoTraits(MiB, 3, CpuCaching.WriteCombined, false), new BoTraits(2 * MiB, 1, CpuCaching.WriteBack, true)], _store.Told);
        Assert.Equal("0x100000 bytes in regions 0x3", _store.Told[0].ToString());
        Assert.NotNull(open.Contents);
    }

    [Fact]
    public void A_bo_is_made_of_contents_that_are_there()
    {
        var contents = new Contents();
        var args = new DrmXeGemCreate { Size = MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.Ok, _file.GemCreate(ref args, contents));
        Assert.Empty(_store.Begun);
        Assert.Same(contents, _file.FindBo(args.Handle)!.Contents);
        Assert.Equal(Errno.Ok, _file.GemClose(args.Handle));
        Assert.Equal(["show device", "hide device", "end"], contents.Heard);
    }

    [Fact]
    public void Contents_of_a_refused_bo_end()
    {
        Contents bad = new(), large = new();
        var args = new DrmXeGemCreate { Size = MiB, Placement = 0x40, CpuCaching = CpuCaching.WriteBack };
        Assert.Equal(Errno.EINVAL, _file.GemCreate(ref args, bad));
        args = new DrmXeGemCreate { Size = 64 * MiB, Placement = 2, CpuCaching = CpuCaching.WriteCombined };
        Assert.Equal(Errno.E2BIG, _file.GemCreate(ref args, large));
        Assert.Equal(["end"], bad.Heard);
        Assert.Equal(["end"], large.Heard);
        Assert.Empty(_file.Bos);
        using var plain = new XeDevice(XePlatforms.Bmg);
        Assert.Throws<InvalidOperationException>(() => plain.OpenFile().GemCreate(ref args, large));
    }

    [Fact]
    public void A_bo_of_another_device_has_the_same_contents_at_addresses_of_its_own()
    {
        var store = new Store();
        using var other = new XeDevice(XePlatforms.Lnl, new XeDeviceOptions { GpuStore = store, Descriptors = _device.Descriptors });
        XeFile importer = other.OpenFile();
        importer.CreateBo(MiB);
        XeBo bo = _file.CreateBo(MiB, placement: 3);
        var prime = new DrmPrimeHandle { Handle = bo.Handle };
        Assert.Equal(Errno.Ok, _file.PrimeHandleToFd(ref prime));
        Assert.Equal(Errno.Ok, importer.PrimeFdToHandle(ref prime));
        XeBo imported = importer.FindBo(prime.Handle)!;
        // It stays where it is, and may move.
        Assert.Equal((1, false, 0, 1u), (bo.Region, bo.IsPinned, imported.Region, imported.Placements));
        Contents shared = Assert.Single(store.Shared);
        Assert.Same(shared, imported.Contents);
        Assert.Equal(["show system"], shared.Heard);
        Assert.NotEqual(Assert.Single(store.Begun).Pieces[0].Address, shared.Pieces[0].Address);
        Assert.Equal(Errno.Ok, importer.GemClose(prime.Handle));
        Assert.Equal(["show system", "hide system", "end"], shared.Heard);
        Assert.Equal(Errno.Ok, importer.PrimeFdToHandle(ref prime));
        var again = new DrmPrimeHandle { Handle = prime.Handle };
        Assert.Equal(Errno.Ok, importer.PrimeHandleToFd(ref again));
        Assert.Equal(Errno.Ok, _file.PrimeFdToHandle(ref again));
        Assert.Equal(bo.Handle, again.Handle);
    }

    private sealed class Store : IBoStore
    {
        private readonly SparseGpuStore _bytes = new();

        public List<Contents> Begun { get; } = [];

        public List<BoTraits> Told { get; } = [];

        public List<Contents> Shared { get; } = [];

        public bool HasMemory { get; set; } = true;

        public IBoContents? Share(IBoContents contents)
        {
            Shared.Add(new Contents());
            return Shared[^1];
        }

        public IBoContents? Begin(in BoTraits bo)
        {
            if (!HasMemory)
                return null;
            Told.Add(bo);
            Begun.Add(new Contents());
            return Begun[^1];
        }

        public bool TryWrite(in Translation where, ReadOnlySpan<byte> bytes) => _bytes.TryWrite(where, bytes);

        public bool TryRead(in Translation where, Span<byte> into) => _bytes.TryRead(where, into);
    }

    private sealed class Contents : IBoContents
    {
        public List<string> Heard { get; } = [];

        public bool Shows { get; set; } = true;

        public BoPiece[] Pieces { get; private set; } = [];

        public bool TryShow(ReadOnlySpan<BoPiece> pieces)
        {
            if (!Shows)
                return false;
            Pieces = pieces.ToArray();
            Heard.Add($"show {Where(pieces)}");
            return true;
        }

        public void Hide(ReadOnlySpan<BoPiece> pieces) => Heard.Add($"hide {Where(pieces)}");

        public void End() => Heard.Add("end");

        private static string Where(ReadOnlySpan<BoPiece> pieces) => pieces[0].IsDeviceMemory ? "device" : "system";
    }
}
