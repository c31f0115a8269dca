using XePt.Cli.State;
using XePt.Cli.Vectors;
using XePt.Cli.Vectors.Pages;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Vectors;

/// <summary>The naive page model finds each kind of wrong page table. The tables are right here, so the model is made wrong.</summary>
public sealed class PageModelTests : IDisposable
{
    private const ulong Va = 0x40_0000;
    private const ulong End = Va + 0x30_0000;
    private const int Pat = 2;

    private static readonly PhysicalRun[] Runs = [new(0x1000_0000, 0x20_0000), new(0x2000_0000, 0x1_0000, 16, 0x4_0000)];
    private static readonly PageAttributes Attributes = new() { Pat = Pat, HasAtomics = true };

    private readonly XeDevice _device = new(XePlatforms.Lnl);
    private readonly PageModel _model = new();
    private readonly XeVm _vm;

    public PageModelTests()
    {
        XeFile file = _device.OpenFile();
        var create = new DrmXeVmCreate { Flags = VmCreateFlags.LrMode | VmCreateFlags.FaultMode };
        Assert.Equal(Errno.Ok, file.VmCreate(ref create));
        _vm = file.FindVm(create.VmId)!;
        var gem = new DrmXeGemCreate { Size = End - Va, Placement = 1, CpuCaching = CpuCaching.WriteBack };
        Assert.Equal(Errno.Ok, file.GemCreate(ref gem, region: 0, Runs));
        var op = new DrmXeVmBindOp
        {
            Op = VmBindOp.Map,
            Flags = VmBindFlags.Immediate,
            Obj = gem.Handle,
            Addr = Va,
            Range = End - Va,
            PatIndex = Pat
        };
        Assert.Equal(Errno.Ok, file.VmBind(new DrmXeVmBind { VmId = _vm.Id, NumBinds = 1, Bind = op }));
        _model.Map(Va, End, PageModel.Expand(Runs), offset: 0, Attributes);
    }

    public void Dispose() => _device.Dispose();

    [Fact]
    public void Tables_that_hold_what_the_model_holds_are_right() => Assert.Null(PageCheck.Compare(_vm, _model));

    [Fact]
    public void A_page_at_another_address_is_found()
    {
        _model.Map(Va + 0x1000, Va + 0x2000, [0x1234_5000], offset: 0, Attributes);
        AssertDifference("page", Va + 0x1000);
    }

    [Fact]
    public void Each_attribute_is_compared()
    {
        PageAttributes[] wrong =
        [
            Attributes with { Pat = 3 },
            Attributes with { IsReadOnly = true },
            Attributes with { IsNull = true },
            Attributes with { IsVram = true },
            Attributes with { HasAtomics = false },
        ];
        foreach (PageAttributes attributes in wrong)
        {
            _model.Map(Va, End, PageModel.Expand(Runs), offset: 0, attributes);
            AssertDifference("page", Va);
        }
    }

    [Fact]
    public void A_page_that_should_not_be_mapped_is_found()
    {
        _model.Clear();
        _model.Map(Va, Va + 0x3000, PageModel.Expand(Runs), offset: 0, Attributes);
        AssertDifference("page", Va + 0x3000);
    }

    [Fact]
    public void A_page_that_should_be_mapped_is_found()
    {
        _model.Map(End, End + 0x1000, [0x1234_5000], offset: 0, Attributes);
        AssertDifference("page", End);
    }

    [Fact]
    public void A_zapped_page_must_fault()
    {
        _model.Zap(Va, Va + 0x1000);
        AssertDifference("page", Va);

        Assert.Equal(Errno.Ok, _vm.Zap(Va));
        _model.Zap(Va, End);
        Assert.Null(PageCheck.Compare(_vm, _model));
    }

    [Fact]
    public void Live_counts_are_the_used_entries_also_of_zapped_ones()
    {
        Assert.Equal(Errno.Ok, _vm.Zap(Va));
        _model.Clear();
        Difference difference = Assert.IsType<Difference>(PageCheck.Compare(_vm, _model));
        Assert.Equal("live count", difference.What);
    }

    [Fact]
    public void Runs_expand_to_pages()
    {
        ulong[] pages = PageModel.Expand([new PhysicalRun(0x1000, 0x2000, 2, 0x10000), new PhysicalRun(0x50000, 0x1000)], bias: 0x100_0000);
        Assert.Equal([0x100_1000UL, 0x100_2000, 0x101_1000, 0x101_2000, 0x105_0000], pages);
    }

    [Fact]
    public void Intervals_are_cut_where_addresses_are_taken_away()
    {
        var set = new IntervalSet();
        set.Add(0x1000, 0x5000);
        set.Remove(0x2000, 0x3000);
        Assert.Equal([(0x1000UL, 0x2000UL), (0x3000UL, 0x5000UL)], set.Intervals.Order());
        Assert.True(set.Covers(0x3000, 0x5000));
        Assert.False(set.Covers(0x1000, 0x5000));
        Assert.True(set.Overlaps(0x2fff, 0x3001));
        Assert.False(set.Overlaps(0x2000, 0x3000));
        set.Add(0x2000, 0x3000);
        Assert.True(set.Covers(0x1000, 0x5000));
    }

    private void AssertDifference(string what, ulong va)
    {
        Difference difference = Assert.IsType<Difference>(PageCheck.Compare(_vm, _model));
        Assert.Equal((what, va), (difference.What, difference.Va));
    }
}
