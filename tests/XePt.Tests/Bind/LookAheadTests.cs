using XePt.Devices;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Tests.Properties;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;

namespace XePt.Tests.Bind;

/// <summary>A VM with so many VMAs that calls ask for their tables before they ask the map. It does what a small one does.</summary>
public sealed class LookAheadTests : IDisposable
{
    private const int Crowd = 40_000;
    private const ulong CrowdStart = 1UL << 42, CrowdStep = 64 << 10;
    private const ulong Va = 1UL << 40, Page = 4096, Area = 8UL << 20;

    private readonly TestGpu _large, _small;
    private readonly XeBo[] _largeBos, _smallBos;

    public LookAheadTests()
    {
        (_large, _small) = (new TestGpu(XePlatforms.Bmg), new TestGpu(XePlatforms.Bmg));
        for (int first = 0; first < Crowd; first += 1000)
            _large.Run([.. Enumerable.Range(first, 1000).Select(i => MapNull(CrowdStart + ((ulong)i * CrowdStep), Page))]);
        _small.Run(MapNull(CrowdStart, Page));
        Assert.True(_large.Vm.Context.Space.IsLarge);
        Assert.False(_small.Vm.Context.Space.IsLarge);
        (_largeBos, _smallBos) = (BosOf(_large), BosOf(_small));
    }

    public void Dispose()
    {
        _large.Dispose();
        _small.Dispose();
    }

    [Fact]
    public void Random_calls_do_what_they_do_in_a_small_VM()
    {
        var random = new Random(10);
        for (int call = 0; call < 400; call++)
        {
            int ops = random.Next(4) == 0 ? random.Next(2, 6) : 1;
            (int Bo, DrmXeVmBindOp Op)[] drawn = [.. Enumerable.Range(0, ops).Select(_ => Draw(random))];
            FailurePoint? fails = random.Next(6) == 0 ? FailurePoint.Allocation : null;
            int skip = random.Next(6);
            Assert.Equal(Do(_small, _smallBos, drawn, fails, skip), Do(_large, _largeBos, drawn, fails, skip));
            if (call % 10 == 0)
                CheckSame();
        }

        CheckSame();
        TreeInvariants.Check(_large.Vm);
    }

    /// <summary>What a call has looked for ahead that failed later, wherever, is no wrong place of a table afterwards.</summary>
    [Theory]
    [InlineData(FailurePoint.OpsCreate)]
    [InlineData(FailurePoint.PtOpAllocation)]
    [InlineData(FailurePoint.Lock)]
    [InlineData(FailurePoint.Prepare)]
    [InlineData(FailurePoint.Run)]
    [InlineData(FailurePoint.Allocation)]
    public void Calls_that_fail_later_leave_nothing_behind(FailurePoint point)
    {
        (int, DrmXeVmBindOp) map = (0, Map(0, Va, Page)), beside = (1, Map(0, Va + Page, Page)), unmap = (-1, Unmap(Va, Page));
        (int, DrmXeVmBindOp) far = (1, Map(0, Va + (1UL << 30), Page)), all = (-1, Unmap(Va, Area));
        (int, DrmXeVmBindOp)[] ops = [map, unmap, far, beside, all, map];
        foreach ((int, DrmXeVmBindOp) first in ops)
        {
            for (int skip = 0; skip < 4; skip++)
            {
                bool hasFailed = false;
                foreach ((int, DrmXeVmBindOp)[] call in new (int, DrmXeVmBindOp)[][] { [first], [far, first, map] })
                {
                    Errno errno = Do(_small, _smallBos, call, point, skip);
                    Assert.Equal(errno, Do(_large, _largeBos, call, point, skip));
                    hasFailed |= errno != Errno.Ok;
                    Assert.Equal((Errno.Ok, Errno.Ok), (Do(_small, _smallBos, [beside]), Do(_large, _largeBos, [beside])));
                }

                Assert.True(hasFailed || skip > 0);
                CheckSame();
            }

            Assert.Equal((Errno.Ok, Errno.Ok), (Do(_small, _smallBos, [all]), Do(_large, _largeBos, [all])));
        }

        TreeInvariants.Check(_large.Vm);
    }

    /// <summary>Nor is there anything to look for in an interval that no call can have.</summary>
    [Theory]
    [InlineData(ulong.MaxValue - 4095, Page)]
    [InlineData(1UL << 48, Page)]
    [InlineData((1UL << 48) - Page, 2 * Page)]
    [InlineData(Va + 1, Page)]
    [InlineData(Va, 0UL)]
    [InlineData(0UL, 1UL << 48)]
    public void Refused_intervals_leave_nothing_behind(ulong start, ulong size)
    {
        (int, DrmXeVmBindOp)[] odd = [(0, Map(0, start, size)), (-1, Unmap(start, size))];
        foreach ((int, DrmXeVmBindOp) one in odd)
            Assert.Equal(Do(_small, _smallBos, [one]), Do(_large, _largeBos, [one]));
        (int, DrmXeVmBindOp) map = (0, Map(0, Va, Page));
        Assert.Equal((Errno.Ok, Errno.Ok), (Do(_small, _smallBos, [map]), Do(_large, _largeBos, [map])));
        CheckSame();
        TreeInvariants.Check(_large.Vm);
    }

    /// <summary>A place that was looked for, and whose tables then went in the same call or the one after, is looked for again.</summary>
    [Fact]
    public void Tables_that_go_meanwhile_are_not_gone_back_to()
    {
        (int, DrmXeVmBindOp) map = (0, Map(0, Va + Page, Page)), all = (-1, Unmap(Va, 2UL << 20)), huge = (1, Map(0, Va, 2UL << 20));
        (int, DrmXeVmBindOp)[][] calls = [[map], [all, map], [huge, all, map, all], [map], [huge], [map], [all]];
        foreach ((int, DrmXeVmBindOp)[] call in calls)
        {
            Assert.Equal((Errno.Ok, Errno.Ok), (Do(_small, _smallBos, call), Do(_large, _largeBos, call)));
            CheckSame();
        }

        TreeInvariants.Check(_large.Vm);
    }

    private static XeBo[] BosOf(TestGpu gpu) =>
    [
        gpu.SystemBo(new PhysicalRun(1UL << 33, 4096, (int)(Area / Page), 8192)),
        gpu.VramBo(new PhysicalRun(1UL << 32, Area)),
    ];

    private static (int Bo, DrmXeVmBindOp Op) Draw(Random random)
    {
        ulong size = random.Next(3) switch
        {
            0 => Page * (ulong)random.Next(1, 4),
            1 => 2UL << 20,
            _ => Page * (ulong)random.Next(1, 1024),
        };
        ulong at = (ulong)random.NextInt64((long)((Area - size) / Page) + 1) * Page;
        if (size == 2UL << 20)
            at &= ~(size - 1);
        return random.Next(8) switch
        {
            0 => (-1, MapNull(Va + at, size)),
            1 or 2 => (0, Map(0, Va + at, size, offset: (ulong)random.NextInt64((long)((Area - size) / Page) + 1) * Page)),
            3 or 4 => (1, Map(0, Va + at, size, offset: at)),
            5 when random.Next(10) == 0 => (random.Next(2), UnmapAll(0)),
            6 when random.Next(10) == 0 => (-1, Map(77, Va + at, size)),
            _ => (-1, Unmap(Va + at, size)),
        };
    }

    private static Errno Do(TestGpu gpu, XeBo[] bos, (int Bo, DrmXeVmBindOp Op)[] drawn, FailurePoint? fails = null, int skip = 0)
    {
        DrmXeVmBindOp[] ops = [.. drawn.Select(one => one.Bo < 0 ? one.Op : one.Op with { Obj = bos[one.Bo].Handle })];
        if (fails is { } point)
            gpu.Device.Failures.Arm(point, skip);
        var args = new DrmXeVmBind { VmId = gpu.Vm.Id, NumBinds = (uint)ops.Length };
        if (ops.Length == 1)
            args.Bind = ops[0];
        Errno errno = gpu.File.VmBind(args, ops);
        gpu.Device.Failures.Disarm();
        return errno;
    }

    private void CheckSame()
    {
        for (ulong va = Va - Page; va < Va + Area + Page; va += Page)
        {
            Assert.Equal(_small.Vm.Translate(va), _large.Vm.Translate(va));
            Assert.Equal(_small.Vm.FindVma(va)?.Range, _large.Vm.FindVma(va)?.Range);
        }
    }
}
