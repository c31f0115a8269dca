using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>A device whose CPU reaches only the first part of the VRAM.</summary>
public class VisibleVramTests
{
    private const ulong MiB = 1UL << 20;
    private const ulong Visible = 64 * MiB;

    [Fact]
    [Rule("BIND-028")]
    [Rule("BIND-034a")]
    [Rule("BIND-034b")]
    public void What_needs_visible_vram_gets_it_or_another_placement_or_nothing()
    {
        using XeDevice device = NewDevice();
        XeFile file = device.OpenFile();
        Assert.Equal(Errno.Ok, Create(file, 48 * MiB, 2, GemCreateFlags.NeedsVisibleVram, out XeBo? first));
        Assert.True(IsVisible(first!));
        Assert.Equal(Errno.Ok, file.PinBo(first!.Handle, isPinned: true));
        Assert.Equal(Errno.ENOMEM, Create(file, 32 * MiB, 2, GemCreateFlags.NeedsVisibleVram, out _));
        Assert.Equal("BIND-034b", file.LastRejection.RuleId);
        Assert.Equal(Errno.Ok, Create(file, 32 * MiB, 3, GemCreateFlags.NeedsVisibleVram, out XeBo? second));
        Assert.Equal(0, second!.Region);
        foreach (uint placement in new[] { 2u, 3u })
        {
            Assert.Equal(Errno.E2BIG, Create(file, Visible + MiB, placement, GemCreateFlags.NeedsVisibleVram, out _));
            Assert.Equal("BIND-034a", file.LastRejection.RuleId);
        }

        Assert.Equal(Errno.Ok, Create(file, 512 * MiB, 2, 0, out XeBo? large));
        Assert.Equal(1, large!.Region);
        Assert.False(IsVisible(large));
    }

    [Fact]
    [Rule("UAPI-012")]
    public void The_region_says_how_much_of_it_is_visible_and_used()
    {
        using XeDevice device = NewDevice();
        XeFile file = device.OpenFile();
        Create(file, 16 * MiB, 2, GemCreateFlags.NeedsVisibleVram, out _);
        Create(file, 512 * MiB, 2, 0, out XeBo? large);
        ulong visiblePart = large!.Segments.Aggregate(
            0ul, (sum, piece) => sum + (piece.Address >= Visible ? 0 : Math.Min(piece.Size, Visible - piece.Address)));
        var args = new DrmXeDeviceQuery { Query = DeviceQueryId.MemRegions };
        file.DeviceQuery(ref args);
        var data = new byte[args.Size];
        Assert.Equal(Errno.Ok, file.DeviceQuery(ref args, data));
        DrmXeMemRegion vram = MemoryMarshal.Read<DrmXeMemRegion>(data.AsSpan(8 + 88));
        ulong tables = device.Memory.Regions[1].TotalBytes - device.Memory.Regions[1].Allocator.Size;
        Assert.Equal(
            (device.Platform.VramBytesPerTile, (528 * MiB) + tables, Visible, (16 * MiB) + visiblePart),
            (vram.TotalSize, vram.Used, vram.CpuVisibleSize, vram.CpuVisibleUsed));
    }

    [Fact]
    public void Memory_of_the_embedder_must_be_visible_too()
    {
        using XeDevice device = NewDevice();
        XeFile file = device.OpenFile();
        Create(file, 2 * MiB, 3, GemCreateFlags.NeedsVisibleVram, out XeBo? bo);
        Assert.Throws<ArgumentException>(() => file.MoveBo(bo!.Handle, 1, [new PhysicalRun(Visible - MiB, 2 * MiB)]));
        Assert.Equal(Errno.Ok, file.MoveBo(bo!.Handle, 1, [new PhysicalRun(Visible - (2 * MiB), 2 * MiB)]));
        Assert.Equal(Errno.Ok, file.MoveBo(bo.Handle, 0, [new PhysicalRun(1UL << 33, 2 * MiB)]));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(0x1001ul)]
    [InlineData(1ul << 50)]
    public void The_visible_part_is_pages_of_the_vram(ulong bytes) =>
        Assert.Throws<ArgumentException>(() => new XeDevice(XePlatforms.Bmg, new XeDeviceOptions { CpuVisibleVramBytes = bytes }));

    private static XeDevice NewDevice() =>
        new(XePlatforms.Bmg with { VramBytesPerTile = 1024 * MiB }, new XeDeviceOptions { CpuVisibleVramBytes = Visible });

    private static Errno Create(XeFile file, ulong size, uint placement, GemCreateFlags flags, out XeBo? bo)
    {
        var args = new DrmXeGemCreate { Size = size, Placement = placement, Flags = flags, CpuCaching = CpuCaching.WriteCombined };
        Errno errno = file.GemCreate(ref args);
        bo = errno == Errno.Ok ? file.FindBo(args.Handle) : null;
        return errno;
    }

    private static bool IsVisible(XeBo bo) => bo.Region == 1 && bo.Segments.All(piece => piece.Address + piece.Size <= Visible);
}
