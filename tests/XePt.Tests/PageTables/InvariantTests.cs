using CsCheck;
using XePt.Diagnostics;
using XePt.Tests.Kit;
using XePt.Uapi;
using XePt.Uapi.Formats;
using static XePt.Tests.Kit.BindOps;
using static XePt.Tests.Kit.Units;

namespace XePt.Tests.PageTables;

/// <summary>
/// Random sequences on every kind of platform: the invariants of section 21 after each step, and no trace of failed steps.
/// </summary>
public class InvariantTests
{
    /// <summary>2 MiB below a GiB boundary, so that the window straddles two tables of level 1.</summary>
    private const ulong Window = (4 * GiB) - (2 * MiB);
    private const ulong WindowBytes = 12 * MiB;
    private const ulong CpuStart = 0x10000000;
    private const ulong CpuBytes = 3 * MiB;
    private const VmCreateFlags FaultMode = VmCreateFlags.LrMode | VmCreateFlags.FaultMode;

    /// <summary>One random step; what the numbers mean depends on the kind.</summary>
    private sealed record Step(int Kind, int Start, int Grain, int Size, int Shape, int Choice, int Failure);

    private static readonly Gen<Step[]> GenSteps = Gen.Select(
        Gen.Int[0, 9], Gen.Int[0, 63], Gen.Int[0, 2], Gen.Int[0, 63], Gen.Int[0, 5], Gen.Int[0, 63], Gen.Int[0, 7],
        (kind, start, grain, size, shape, choice, failure) => new Step(kind, start, grain, size, shape, choice, failure)).Array[1, 24];

    public static TheoryData<string, VmCreateFlags> Settings => new()
    {
        { "tgl", VmCreateFlags.None },
        { "adlp", VmCreateFlags.ScratchPage },
        { "dg1", VmCreateFlags.None },
        { "dg2", VmCreateFlags.None },
        { "dg2-g10", VmCreateFlags.LrMode },
        { "pvc", VmCreateFlags.LrMode },
        { "pvc", FaultMode },
        { "pvc-2t", VmCreateFlags.None },
        { "pvc-2t", FaultMode },
        { "mtl", VmCreateFlags.None },
        { "lnl", VmCreateFlags.ScratchPage | VmCreateFlags.LrMode },
        { "bmg", VmCreateFlags.None },
        { "bmg", FaultMode },
        { "ptl", VmCreateFlags.LrMode },
        { "cri", FaultMode },
    };

    [Theory]
    [Rule("PT-209")]
    [Rule("PT-210")]
    [Rule("PT-211")]
    [Rule("PT-212")]
    [Rule("PT-213")]
    [Rule("PT-214")]
    [Rule("PT-215")]
    [Rule("PT-216")]
    [MemberData(nameof(Settings))]
    public void Tables_stay_consistent_and_say_what_was_asked_for(string platform, VmCreateFlags mode) =>
        GenSteps.Sample(steps => Play(platform, mode, steps), iter: 25, threads: 1);

    private static void Play(string platform, VmCreateFlags mode, Step[] steps)
    {
        using var gpu = new TestGpu(platform, mode);
        gpu.File.MapCpuMemory(CpuStart, new(0x700010000, MiB), new(0x700200000, Page, Count: 256, Stride: 2 * Page), new(0x700800000, MiB));
        int empty = gpu.Device.TablesInUse;
        var bos = new List<XeBo>();
        var model = new PageModel(gpu, (mode & VmCreateFlags.LrMode) != 0);
        bool isFaultMode = (mode & VmCreateFlags.FaultMode) != 0;

        foreach (Step step in steps)
        {
            if (step.Kind >= 7)
                Disturb(gpu, step, bos, isFaultMode);
            else
                Submit(gpu, step, bos, model);
            TreeInvariants.Check(gpu, countsAreExact: !gpu.Vm.HasScratch && !isFaultMode);
        }

        model.Check(Window - MiB, Window + WindowBytes + MiB);
        gpu.Run(Unmap(0, gpu.Vm.Size));
        Assert.Equal(empty, gpu.Device.TablesInUse);
    }

    /// <summary>A bind call: first, perhaps, made to fail; then for real.</summary>
    private static void Submit(TestGpu gpu, Step step, List<XeBo> bos, PageModel model)
    {
        DrmXeVmBindOp[] call = step.Choice % 4 == 0
            ? [OpOf(gpu, step, bos), Unmap(VaOf(step) + (64 * KiB), 64 * KiB)]
            : [OpOf(gpu, step, bos)];
        string[] before = VmImage.Of(gpu);
        if (step.Failure is 0 or 1)
            gpu.Device.Faults.Arm(step.Failure == 0 ? FaultPoint.Prepare : FaultPoint.Run);
        else if (step.Failure is 2 or 3)
            gpu.Device.Gate.FailAfter(step.Choice % 24);

        RequestTrace trace = gpu.TryRun(call);
        gpu.Device.Faults.Disarm();
        gpu.Device.Gate.Reset();
        TreeInvariants.Check(trace);
        if (trace.Error != Errno.Ok)
        {
            Assert.Equal(before, VmImage.Of(gpu));
            trace = gpu.TryRun(call);
        }

        if (trace.Error == Errno.Ok)
            Array.ForEach(call, op => model.Apply(op, UserptrAddress));
        else
            Assert.Equal((Errno.EINVAL, "PT-080"), (trace.Error, gpu.File.LastRejection.RuleId));
    }

    /// <summary>What is no bind call: a BO moves, a mapping is zapped, a page faults.</summary>
    private static void Disturb(TestGpu gpu, Step step, List<XeBo> bos, bool isFaultMode)
    {
        if (step.Kind == 7 && bos.Count > 0)
        {
            XeBo bo = bos[step.Choice % bos.Count];
            var place = new PhysicalRun(0x100000000 + ((ulong)step.Start * 64 * MiB), bo.Size);
            RequestTrace move = gpu.Move(bo, RegionFor(gpu, bo, step), place);
            Assert.Equal(Errno.Ok, move.Error);
            TreeInvariants.Check(move);
        }
        else if (step.Kind == 8 && isFaultMode)
        {
            gpu.Vm.Zap(VaOf(step));
        }
        else if (isFaultMode)
        {
            RequestTrace fault = gpu.Fault(VaOf(step));
            Assert.True(fault.Error is Errno.Ok or Errno.EINVAL);
            TreeInvariants.Check(fault);
        }
    }

    private static DrmXeVmBindOp OpOf(TestGpu gpu, Step step, List<XeBo> bos)
    {
        ulong va = VaOf(step);
        bool needs64K = gpu.Device.Platform.VramNeeds64K;
        ulong size = (ulong)(step.Size + 1) << (step.Size % 2 == 0 || needs64K ? 16 : 12);
        VmBindFlags flags = (step.Choice % 3 == 0 ? VmBindFlags.ReadOnly : 0) | (step.Choice % 5 == 0 ? 0 : VmBindFlags.Immediate);
        switch (step.Kind)
        {
            case 0 or 1 or 2:
                XeBo bo = NewBo(gpu, step);
                bos.Add(bo);
                return Map(bo, needs64K ? va & ~0xfffful : va, PatOf(gpu, step), flags);
            case 3:
                return MapNull(va, size, PatOf(gpu, step), flags);
            case 4:
                size = Math.Min(size, CpuBytes);
                return MapUserptr(CpuStart + ((CpuBytes - size) / 2 & ~0xffful), va, size, gpu.WriteBack, flags);
            default:
                return Unmap(va, size);
        }
    }

    /// <summary>Memory in one of several shapes; sizes are multiples of 64 KiB, as 64K-only VRAM asks for.</summary>
    private static XeBo NewBo(TestGpu gpu, Step step)
    {
        ulong at = 0x40000000 + ((ulong)step.Choice * 16 * MiB);
        int chunks = step.Size + 1;
        PhysicalRun[] runs = step.Shape switch
        {
            0 => [new(at, (ulong)chunks * 64 * KiB)],
            1 => [new(at + (64 * KiB), 64 * KiB, chunks, 128 * KiB)],
            2 when !gpu.Device.Platform.VramNeeds64K => [new(at, Page, 16 * chunks, 2 * Page)],
            3 => [new(at, 2 * MiB), new(at + (4 * MiB) + (64 * KiB), 2 * MiB), new(at + (8 * MiB), 64 * KiB)],
            4 => [new(at, 64 * KiB, chunks, 64 * KiB)],
            _ => [new(at + (64 * KiB), 4 * MiB)],
        };
        bool isVram = gpu.Device.Platform.IsDiscrete && step.Choice % 2 == 0;
        return isVram ? gpu.VramBo(runs) : gpu.SystemBo(runs);
    }

    /// <summary>
    /// 64K-only VRAM takes no BO that has been bound in smaller pieces in system memory, so there BOs stay in their kind of memory.
    /// </summary>
    private static int RegionFor(TestGpu gpu, XeBo bo, Step step)
    {
        int vram = 1 + (step.Grain % gpu.Device.Platform.TileCount);
        bool mayChangeKind = gpu.Device.Platform is { IsDiscrete: true, VramNeeds64K: false };
        return bo.Region != 0 || mayChangeKind ? vram : 0;
    }

    private static ulong VaOf(Step step) => step.Grain switch
    {
        0 => Window + ((ulong)(step.Start % 4) * 2 * MiB),
        1 => Window + ((ulong)step.Start * 64 * KiB),
        _ => Window + ((ulong)step.Start * 64 * KiB) + ((ulong)(step.Choice % 3) * Page),
    };

    private static int PatOf(TestGpu gpu, Step step)
    {
        ReadOnlySpan<PatEntry> entries = gpu.Device.Platform.Pat.Entries.AsSpan();
        int index = step.Choice % entries.Length;
        return entries[index].Coherency == PatCoherency.Reserved ? gpu.WriteBack : index;
    }

    private static ulong UserptrAddress(ulong cpuAddress) => (cpuAddress - CpuStart) switch
    {
        < MiB and var offset => 0x700010000 + offset,
        < 2 * MiB and var offset => 0x700200000 + ((offset - MiB) / Page * 2 * Page),
        var offset => 0x700800000 + (offset - (2 * MiB)),
    };
}
