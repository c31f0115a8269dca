using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Tests.Bind;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>GEM_MMAP_OFFSET (specification 01 section 5).</summary>
public class MmapOffsetTests
{
    [Fact]
    [Rule("UAPI-020")]
    public void A_bo_keeps_an_offset_of_its_own_in_whole_pages()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 0x3000), y = scene.Bo("Y", 0x1000);
        ulong ofX = OffsetOf(scene.File, x), ofY = OffsetOf(scene.File, y);
        Assert.Equal((0ul, 0ul), (ofX % 4096, ofY % 4096));
        Assert.True(ofX >= 1UL << 32 && (ofY >= ofX + 0x3000 || ofX >= ofY + 0x1000));
        Assert.Equal(ofX, OffsetOf(scene.File, x));

        Assert.Equal((x, 0x2ffful), (scene.File.FindMmap(ofX + 0x2fff)!.Value.Bo.Handle, scene.File.FindMmap(ofX + 0x2fff)!.Value.Offset));
        Assert.Null(scene.File.FindMmap(0));
        Assert.Null(scene.Device.OpenFile().FindMmap(ofX));
        scene.File.GemClose(x);
        Assert.Null(scene.File.FindMmap(ofX));
    }

    [Fact]
    [Rule("UAPI-020")]
    public void The_barrier_page_is_there_on_discrete_devices_and_belongs_to_no_bo()
    {
        using var scene = new BindScene();
        var args = new DrmXeGemMmapOffset { Flags = MmapOffsetFlags.PciBarrier };
        Assert.Equal((Errno.Ok, 0x50000ul), (scene.File.GemMmapOffset(ref args), args.Offset));
        using var integrated = new BindScene(platform: XePlatforms.Lnl);
        Assert.Equal(Errno.EINVAL, integrated.File.GemMmapOffset(ref args));
        args.Handle = 1;
        Assert.Equal(Errno.EINVAL, scene.File.GemMmapOffset(ref args));
    }

    [Fact]
    [Rule("UAPI-020")]
    public void An_unknown_handle_is_enoent_after_the_argument_checks()
    {
        using var scene = new BindScene();
        var args = new DrmXeGemMmapOffset { Handle = 9 };
        Assert.Equal(Errno.ENOENT, scene.File.Ioctl(XeIoctl.GemMmapOffset, MemoryMarshal.AsBytes(new Span<DrmXeGemMmapOffset>(ref args))));
        args.Flags = (MmapOffsetFlags)2;
        Assert.Equal(Errno.EINVAL, scene.File.GemMmapOffset(ref args));
    }

    /// <summary>Every BO has its share from the beginning to its end, which is later than that of its handle.</summary>
    [Fact]
    [Rule("BIND-034")]
    [Rule("RN-045")]
    public void Objects_beyond_the_offset_space_are_enospc_until_others_have_gone()
    {
        const ulong All = (1UL << 40) - (1UL << 20), Half = 1UL << 39;
        using var scene = new BindScene(vmFlags: 0);
        foreach (ulong size in new[] { All + 0x1000, 1UL << 63, 0xffff_ffff_ffff_f000 })
            RefusesOffsets(scene, size);
        Assert.Equal(Errno.Ok, scene.File.GemClose(Deferred(scene, All)));
        uint large = Deferred(scene, Half);
        RefusesOffsets(scene, Half);
        uint rest = Deferred(scene, Half - (1UL << 20));
        RefusesOffsets(scene, 0x1000);

        // A refused call has taken nothing, and other calls go on.
        scene.Do(Op.Null(BindScene.A, 0x1000));
        Assert.NotEqual(OffsetOf(scene.File, large), OffsetOf(scene.File, rest));
        Assert.Equal(Errno.Ok, scene.File.GemClose(rest));
        scene.Do(Op.Map(scene.Bo("X", 0x1000), BindScene.A, 0x1000));
        Assert.Equal(Errno.Ok, scene.File.GemClose(large));
        uint whole = Deferred(scene, All - 0x1000);
        RefusesOffsets(scene, 0x1000);
        scene.Do(Op.Unmap(BindScene.A, 0x1000));
        Assert.Equal(Errno.Ok, scene.File.GemClose(whole));
    }

    [Fact]
    [Rule("BIND-034")]
    public void A_bo_whose_extension_is_refused_gives_its_share_back()
    {
        using var scene = new BindScene(vmFlags: 0);
        var args =
            new DrmXeGemCreate { Size = 1UL << 39, Placement = 1, CpuCaching = CpuCaching.WriteBack, Flags = GemCreateFlags.DeferBacking };
        scene.File.UserMemory = new MemoryWithHole(scene.UserMemory);
        args.Extensions = 0xdead_0000;
        for (int i = 0; i < 3; i++)
            Assert.Equal((Errno.EFAULT, "UAPI-004"), (scene.File.GemCreate(ref args), scene.File.LastRejection.RuleId));
        args.Extensions = 0;
        Assert.Equal(Errno.Ok, scene.File.GemCreate(ref args));
    }

    private static uint Deferred(BindScene scene, ulong size) =>
        scene.Bo("deferred", size, placement: 1, flags: GemCreateFlags.DeferBacking);

    private static void RefusesOffsets(BindScene scene, ulong size)
    {
        int before = scene.File.Bos.Count;
        foreach (GemCreateFlags flags in new[] { GemCreateFlags.DeferBacking, GemCreateFlags.None })
        {
            var args = new DrmXeGemCreate { Size = size, Placement = 3, CpuCaching = CpuCaching.WriteCombined, Flags = flags };
            Assert.Equal((Errno.ENOSPC, "BIND-034"), (scene.File.GemCreate(ref args), scene.File.LastRejection.RuleId));
            Assert.Equal((0u, before), (args.Handle, scene.File.Bos.Count));
        }
    }

    private static ulong OffsetOf(XeFile file, uint handle)
    {
        var args = new DrmXeGemMmapOffset { Handle = handle };
        Assert.Equal(Errno.Ok, file.GemMmapOffset(ref args));
        return args.Offset;
    }
}
