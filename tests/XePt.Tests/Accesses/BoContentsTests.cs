using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Accesses;

/// <summary>What BOs hold: zeros when they are new, and the same bytes wherever they move.</summary>
public class BoContentsTests
{
    private const ulong Va = 0x1_0000_0000, Size2M = 2 << 20;

    // System and device memory.
    private const uint Anywhere = 3;

    public static TheoryData<VmCreateFlags, bool> Modes => new()
    {
        { VmCreateFlags.None, false },
        { VmCreateFlags.None, true },
        { VmCreateFlags.LrMode, false },
        { VmCreateFlags.LrMode | VmCreateFlags.FaultMode, false },
        { VmCreateFlags.LrMode | VmCreateFlags.FaultMode, true },
    };

    private static XeDevice Open(bool hasStore) => new(
        XePlatforms.Bmg with { VramBytesPerTile = 16 << 20 }, new XeDeviceOptions { GpuStore = hasStore ? new SparseGpuStore() : null });

    private static void Fill(XeVm vm, ulong va)
    {
        for (ulong at = 0; at < 3 * Size2M; at += Size2M / 2)
            vm.Write(va + at + 5, at + 0x1234);
    }

    private static void AssertFilled(XeVm vm, ulong va)
    {
        for (ulong at = 0; at < 3 * Size2M; at += Size2M / 2)
            Assert.Equal(at + 0x1234, vm.Read<ulong>(va + at + 5));
    }

    [Theory, MemberData(nameof(Modes))]
    public void Bytes_move_with_their_BO_and_new_memory_is_zero(VmCreateFlags flags, bool hasStore)
    {
        using XeDevice device = Open(hasStore);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(flags);
        vm.Map(file.CreateBo(3 * Size2M, Anywhere), Va);
        Fill(vm, Va);
        Assert.True(vm.Translate(Va).IsDeviceMemory);

        Assert.Equal(Errno.Ok, device.EvictAll());
        Assert.Equal(Errno.Ok, vm.RebindEvicted());
        // Another one gets the memory that it has left.
        XeVm other = file.CreateVm(flags);
        other.Map(file.CreateBo(4 * Size2M, Anywhere), Va);
        for (ulong at = 5; at < 4 * Size2M; at += Size2M / 2)
            Assert.Equal(0ul, other.Read<ulong>(Va + at));
        other.Write(Va, 1);
        AssertFilled(vm, Va);
    }

    /// <summary>What was never written is zero wherever it goes, also where somebody else's bytes were.</summary>
    [Theory]
    [InlineData(VmCreateFlags.None, false)]
    [InlineData(VmCreateFlags.None, true)]
    [InlineData(VmCreateFlags.LrMode, false)]
    [InlineData(VmCreateFlags.LrMode, true)]
    [Rule("EVT-004")]
    public void A_BO_that_is_driven_out_before_its_first_byte_is_written_is_zero_there_and_back(VmCreateFlags flags, bool hasStore)
    {
        using XeDevice device = Open(hasStore);
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm(flags);
        XeBo before = file.CreateBo(3 * Size2M, Anywhere);
        vm.Map(before, Va);
        Fill(vm, Va);
        vm.Unmap(AddressRange.OfSize(Va, 3 * Size2M));
        Assert.Equal(Errno.Ok, file.GemClose(before.Handle));

        XeBo bo = file.CreateBo(3 * Size2M, Anywhere);
        vm.Map(bo, Va);
        Assert.True(vm.Translate(Va).IsDeviceMemory);
        Assert.Equal(Errno.Ok, device.EvictAll());
        Assert.Equal(0, bo.Region);
        Assert.Equal(Errno.Ok, vm.RebindEvicted());
        // It comes back where it may be.
        Assert.Equal(1, bo.Region);
        Assert.True(vm.Translate(Va).IsDeviceMemory);
        AssertZero(vm);
        Fill(vm, Va);
        Assert.Equal(Errno.Ok, device.EvictAll());
        Assert.Equal(Errno.Ok, vm.RebindEvicted());
        AssertFilled(vm, Va);

        static void AssertZero(XeVm vm)
        {
            for (ulong at = 5; at < 3 * Size2M; at += Size2M / 2)
                Assert.Equal(0ul, vm.Read<ulong>(Va + at));
        }
    }

    /// <summary>A job that still runs writes to the old place, and that is copied, too.</summary>
    [Fact]
    public void A_copy_waits_for_who_still_uses_the_BO()
    {
        var sink = new ManualJobSink();
        using var device = new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { JobSink = sink });
        XeFile file = device.OpenFile();
        XeVm vm = file.CreateVm();
        vm.Map(file.CreateBo(3 * Size2M, Anywhere), Va);
        vm.Write(Va, 1);
        Assert.Equal(Errno.Ok, file.Exec(file.CreateQueue(vm, device.Platform.Engines.First()).Id, Va));
        Assert.Equal(Errno.Ok, device.EvictAll());
        Fill(vm, Va);
        Assert.True(vm.Translate(Va).IsDeviceMemory);

        foreach (XeJob job in sink.GetJobs())
            job.Complete();
        Assert.Equal(Errno.Ok, vm.RebindEvicted());
        Assert.True(vm.IsIdle);
        AssertFilled(vm, Va);
    }
}
