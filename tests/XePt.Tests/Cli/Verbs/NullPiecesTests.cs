using XePt.Cli.Stress.Svm;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.Cli;

/// <summary>What the stress of mirrors knows of VMAs of zeros is what the engine does with them.</summary>
public class NullPiecesTests
{
    private const int Pages = 64;
    private const ulong At = 1UL << 40;

    [Theory]
    [InlineData("lnl")]
    [InlineData("bmg")]
    [InlineData("pvc")]
    [Rule("BIND-184")]
    [Rule("BIND-187")]
    public void What_is_written_once_more_beside_a_change_is_what_the_engine_binds_there(string platform)
    {
        using var gpu = new TestGpu(platform, VmCreateFlags.LrMode | VmCreateFlags.FaultMode);
        XeBo bo = gpu.Bo(placements: 1, region: 0, new PhysicalRun(0x4000_1000, Pages * Page));
        gpu.Run(MapMirror(0, gpu.Vm.Size));
        var pieces = new NullPieces(Pages);
        var random = new Random(1);
        int moments = 0;
        for (int i = 0; i < 2000; i++)
        {
            int first = random.Next(Pages), end = first + 1 + random.Next(Pages - first), kind = random.Next(3);
            ulong start = At + ((ulong)first * Page), size = (ulong)(end - first) * Page;
            gpu.Run(kind switch
            {
                0 => MapMirror(start, size),
                1 => MapNull(start, size, flags: VmBindFlags.Immediate),
                _ => Map(bo, start, gpu.WriteBack, VmBindFlags.Immediate, offset: (ulong)first * Page, size: size),
            });
            pieces.Put(first, end, isNull: kind == 1, out int before, out int behind);
            Assert.Equal((before, behind), WrittenOnceMore(gpu.Vm, first, end));
            moments += end - first == behind - before ? 0 : 1;
        }

        Assert.True(moments > 100);
    }

    private static (int Before, int Behind) WrittenOnceMore(XeVm vm, int first, int end)
    {
        (int before, int behind) = (first, end);
        foreach (GpuvaActionInfo action in vm.GetLastRequest().Actions)
        {
            if (action.Previous is { IsSkipped: false } left)
                before = (int)((left.Start - At) / Page);
            if (action.Next is { IsSkipped: false } right)
                behind = (int)((right.End - At) / Page);
        }

        return (before, behind);
    }
}
