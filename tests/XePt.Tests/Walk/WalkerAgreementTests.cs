using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;
using static XePt.Tests.Kit.BindOps;

namespace XePt.Tests.Walk;

/// <summary>
/// Every way of translating gives what the plain walk over raw entries gives, whatever the tables look like, with one walker that stays
/// open over many binds.
/// </summary>
public class WalkerAgreementTests
{
    private const ulong Window = 1UL << 40;
    private const ulong WindowBytes = 1UL << 28;
    private const ulong VramStart = 1UL << 32;

    [Theory]
    [InlineData("TGL", 0u)]
    [InlineData("DG2", 0u)]
    [InlineData("PVC", 0u)]
    [InlineData("BMG", 0u)]
    [InlineData("BMG", 1u)]
    [InlineData("LNL", 6u)]
    public void All_ways_of_translating_agree_after_each_bind(string platform, uint mode)
    {
        using var gpu = new TestGpu(platform, (VmCreateFlags)mode);
        var random = new Random(11);
        XeBo[] bos = Bos(gpu);
        using XeWalker walker = gpu.Vm.OpenWalker();
        var seen = new HashSet<TranslationStatus>();
        for (int step = 0; step < 120; step++)
        {
            ulong va = Window + ((ulong)random.NextInt64((long)(WindowBytes / PageUnit(gpu))) * PageUnit(gpu));
            gpu.TryRun(NextOp(gpu, random, bos, va));
            // Some binds fall between two refreshes, so that near translations meet tables that were unlinked under the pin.
            if (step % 3 == 0)
                walker.Refresh();
            Check(gpu, walker, Addresses(random, va), seen);
        }

        Assert.Contains(TranslationStatus.Mapped, seen);
        Assert.Contains(TranslationStatus.Null, seen);
        Assert.Contains(TranslationStatus.OutOfRange, seen);
        Assert.True(gpu.Vm.HasScratch || seen.Contains(TranslationStatus.NotPresent));
    }

    [Fact]
    public void Tables_in_many_slabs_are_found()
    {
        const ulong Size = 3UL << 30;
        using var gpu = new TestGpu(XePlatforms.Bmg);
        XeBo bo = gpu.SystemBo(new PhysicalRun(1UL << 33, 4096, (int)(Size >> 12), 8192));
        gpu.Run(Map(bo, Window));
        using XeWalker walker = gpu.Vm.OpenWalker();
        ulong[] vas = [.. Enumerable.Range(0, 2000).Select(i => Window + ((ulong)i * (Size / 2000)))];
        Check(gpu, walker, vas, []);
        for (int i = 0; i < vas.Length; i++)
        {
            ulong page = (vas[i] - Window) >> 12;
            Assert.Equal((1UL << 33) + (page * 8192) + (vas[i] & 0xfff), walker.Translate(vas[i]).Address);
        }
    }

    private static ulong PageUnit(TestGpu gpu) => gpu.Device.Platform.VramNeeds64K ? 1UL << 16 : 1UL << 12;

    private static DrmXeVmBindOp NextOp(TestGpu gpu, Random random, XeBo[] bos, ulong va) => random.Next(4) switch
    {
        0 => Unmap(va & ~0x1fffffUL, 2UL << 20),
        1 => MapNull(va, PageUnit(gpu) * (1 + (ulong)random.Next(700)), gpu.WriteBack),
        _ => Map(bos[random.Next(bos.Length)], random.Next(2) == 0 ? va : va & ~0x1fffffUL, gpu.WriteBack),
    };

    private static XeBo[] Bos(TestGpu gpu)
    {
        // Single pages, 64 KiB pages, 2 MiB pages, and where there is VRAM the last two in it.
        XeBo[] system =
        [
            gpu.Bo(1, 0, new PhysicalRun(1UL << 34, 4096, 700, 12288)),
            gpu.Bo(1, 0, new PhysicalRun(1UL << 35, 1UL << 16, 40, 1UL << 17)),
            gpu.Bo(1, 0, new PhysicalRun(1UL << 36, 6UL << 20)),
        ];
        return !gpu.Device.Platform.IsDiscrete
            ? system
            : [.. system, gpu.Bo(2, 1, new PhysicalRun(VramStart, 1UL << 16, 40, 1UL << 17)),
                gpu.Bo(2, 1, new PhysicalRun(VramStart, 6UL << 20))];
    }

    private static ulong[] Addresses(Random random, ulong va)
    {
        var addresses = new List<ulong>();
        for (int i = 0; i < 40; i++)
            addresses.Add(Window + (ulong)random.NextInt64((long)WindowBytes));
        for (int i = 0; i < 80; i++)
            addresses.Add(va + ((ulong)i * 0x9123));
        addresses.AddRange([0, Window - 1, Window + WindowBytes, (1UL << 47) - 1, (1UL << 57) - 1, 1UL << 57, ulong.MaxValue]);
        return [.. addresses];
    }

    private static void Check(TestGpu gpu, XeWalker walker, ulong[] vas, HashSet<TranslationStatus> seen)
    {
        var batch = new Translation[vas.Length];
        walker.Translate(vas, batch);
        // Groups whose addresses are all near each other share directories.
        var near = new Translation[vas.Length];
        ulong[] sorted = [.. vas.Order()];
        walker.Translate(sorted, near);
        for (int i = 0; i < vas.Length; i++)
        {
            Translation expected = PlainWalk(gpu, vas[i]);
            Assert.Equal(expected, gpu.Vm.Translate(vas[i]));
            Assert.Equal(expected, walker.Translate(vas[i]));
            Assert.Equal(expected, walker.TranslateNear(vas[i]));
            Assert.Equal(expected, batch[i]);
            Assert.Equal(PlainWalk(gpu, sorted[i]), near[i]);
            seen.Add(expected.Status);
        }
    }

    private static Translation PlainWalk(TestGpu gpu, ulong va)
    {
        PlatformInfo platform = gpu.Device.Platform;
        return va >= gpu.Vm.Size
            ? new Translation(TranslationStatus.OutOfRange, (byte)platform.RootLevel, false, platform.FormatId, va, 0)
            : PageWalker.Walk(gpu.Vm.GetTableMemory(), gpu.Vm.RootAddress(), platform.RootLevel, platform.FormatId, va);
    }
}
