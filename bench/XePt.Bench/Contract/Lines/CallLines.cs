using XePt.Uapi;

namespace XePt.Bench.Contract;

/// <summary>Other ways to call: many ops at once, arguments in memory, fences that are not there yet; against calls of one op
/// each.</summary>
internal static class CallLines
{
    private const string Category = "Calls";
    private const int Ops = 100;
    private const ulong Page = 4096, RunBytes = 2UL << 20;

    public static IEnumerable<ContractLine> All()
    {
        yield return ContractLine.Of(
            Category, "one array of 100 binds and one of 100 unbinds ÷ 200 calls", Goal.AtMost(0.6, floor: 0.7), Arrays);
        yield return ContractLine.Of(Category, "raw ioctl bytes of a bind + unbind ÷ typed calls", Goal.AtMost(1.25), Raw);
        yield return ContractLine.Of(
            Category, "bind that waits for a fence, and its signal ÷ bind inline",
            Goal.AtMostOrTimesFloor(2.8, times: Machine.IsAheadOfTime ? 3.5 : 3), Deferred);
        yield return ContractLine.Of(Category, "100 faults in one call ÷ 100 calls", Goal.AtMost(1), Faults);
        foreach ((ulong piece, string text, Goal goal) in ((ulong, string, Goal)[])
            [(RunBytes, "one piece", Goal.AtMost(0.6)), (Page, "single pages", Goal.AtMost(2.5, Machine.IsAheadOfTime ? 6 : null))])
        {
            yield return ContractLine.Of(Category, $"runs of 2 MiB in {text}, a page ÷ walk of a page", goal, () => Runs(piece));
        }
    }

    private static PairCase Arrays()
    {
        BindFixture fixture = Open();
        DrmXeVmBindOp[] maps = [.. Enumerable.Range(0, Ops).Select(fixture.MapAt)];
        DrmXeVmBindOp[] unmaps = [.. Enumerable.Range(0, Ops).Select(fixture.UnmapAt)];
        return new PairCase(
            new Side(Ops, () =>
            {
                fixture.Call(maps);
                fixture.Call(unmaps);
            }),
            new Side(Ops, () =>
            {
                foreach (ref readonly DrmXeVmBindOp op in maps.AsSpan())
                    fixture.Call(op);
                foreach (ref readonly DrmXeVmBindOp op in unmaps.AsSpan())
                    fixture.Call(op);
            }),
            fixture);
    }

    private static PairCase Raw()
    {
        BindFixture fixture = Open();
        byte[] map = fixture.RawMap(), unmap = fixture.RawUnmap();
        return new PairCase(
            new Side(1, () =>
            {
                fixture.Ioctl(map);
                fixture.Ioctl(unmap);
            }),
            new Side(1, fixture.BindAndUnbind),
            fixture);
    }

    private static PairCase Deferred()
    {
        BindFixture fixture = Open();
        uint sync = fixture.File.SyncobjCreate();
        DrmXeSync[] syncs = [new DrmXeSync { Handle = sync }];
        var handOver = new HandOver();
        return new PairCase(
            new Side(1, () =>
            {
                Fence fence = fixture.Vm.File.Device.CreateFence("bench");
                fixture.File.SyncobjAttach(sync, fence);
                fixture.BindAndUnbind(syncs);
                fence.TrySignal();
            }),
            new Side(1, fixture.BindAndUnbind),
            fixture)
        {
            Floor = new Side(1, () =>
            {
                fixture.BindAndUnbind();
                handOver.Run();
            }),
        };
    }

    private static PairCase Faults()
    {
        BindFixture batch = OpenFaulting(), single = OpenFaulting();
        ulong[] vas = [.. Enumerable.Range(0, Ops).Select(place => batch.MapAt(place).Addr)];
        var results = new Errno[Ops];
        return new PairCase(
            new Side(Ops, () => Check(batch.Vm.Fault(vas, results) == Ops), () => Renew(batch)),
            new Side(
                Ops, () =>
                {
                    foreach (ulong va in vas)
                        Check(single.Vm.Fault(va) == Errno.Ok);
                }, () => Renew(single)),
            batch, single);

        static BindFixture OpenFaulting()
        {
            var fixture = new BindFixture(Page, Page, isVram: false, isFaulting: true);
            Renew(fixture);
            return fixture;
        }

        static void Renew(BindFixture fixture)
        {
            for (int place = 0; place < Ops; place++)
            {
                fixture.Call(fixture.UnmapAt(place));
                fixture.Call(fixture.MapAt(place));
            }
        }
    }

    private static PairCase Runs(ulong piece)
    {
        const int Pages = (int)(RunBytes / Page);
        var fixture = new BindFixture(RunBytes, piece, isVram: false, skew: Page);
        Check(fixture.Bind() == Errno.Ok);
        XeWalker walker = fixture.Vm.OpenWalker();
        return new PairCase(
            new Side(Pages, () =>
            {
                ulong sum = 0;
                foreach (MappingRun run in walker.Runs(AddressRange.OfSize(BindFixture.Va, RunBytes)))
                    sum += run.Entry;
                Check(sum != 0);
            }),
            new Side(Pages, () =>
            {
                ulong sum = 0;
                for (ulong va = BindFixture.Va; va < BindFixture.Va + RunBytes; va += Page)
                    sum += walker.Translate(va).Entry;
                Check(sum != 0);
            }),
            walker, fixture);
    }

    private static void Check(bool isRight)
    {
        if (!isRight)
            throw new InvalidOperationException("a call has not done what it is measured for");
    }

    private static BindFixture Open()
    {
        var fixture = new BindFixture(Page, Page, isVram: false);
        fixture.KeepTable();
        return fixture;
    }
}
