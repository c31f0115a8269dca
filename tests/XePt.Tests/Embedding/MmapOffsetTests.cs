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

    [Fact]
    [Rule("UAPI-020")]
    public void An_object_too_large_for_any_offset_is_enospc()
    {
        using var scene = new BindScene();
        uint x = scene.Bo("X", 1UL << 63, flags: GemCreateFlags.DeferBacking), y = scene.Bo("Y", 0x1000);
        var args = new DrmXeGemMmapOffset { Handle = x };
        Assert.Equal(Errno.ENOSPC, scene.File.GemMmapOffset(ref args));
        Assert.NotEqual(0ul, OffsetOf(scene.File, y));
    }

    private static ulong OffsetOf(XeFile file, uint handle)
    {
        var args = new DrmXeGemMmapOffset { Handle = handle };
        Assert.Equal(Errno.Ok, file.GemMmapOffset(ref args));
        return args.Offset;
    }
}
