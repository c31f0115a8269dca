using System.Buffers.Binary;
using XePt.Devices;
using XePt.Tests.Kit;
using XePt.Uapi;

namespace XePt.Tests.Embedding;

/// <summary>DEVICE_QUERY GT_TOPOLOGY, taken to pieces as user-mode drivers do (docs/uapi-rest.md).</summary>
public class GtTopologyTests
{
    public static TheoryData<string> Platforms => [.. XePlatforms.All.Select(platform => platform.Name)];

    /// <summary>Sub-slices for geometry and for compute, units of each, lanes of a unit, L3 banks.</summary>
    [Theory]
    [InlineData("tgl", 6, 0, 16, 8, 8)]
    [InlineData("rkl", 2, 0, 16, 8, 4)]
    [InlineData("adls", 2, 0, 16, 8, 4)]
    [InlineData("adlp", 6, 0, 16, 8, 8)]
    [InlineData("adln", 2, 0, 16, 8, 4)]
    [InlineData("dg1", 6, 0, 16, 8, 8)]
    [InlineData("dg2", 8, 8, 16, 8, 8)]
    [InlineData("dg2-g10", 32, 32, 16, 8, 32)]
    [InlineData("atsm", 8, 8, 16, 8, 8)]
    [InlineData("pvc", 0, 56, 8, 16, 64)]
    [InlineData("pvc-2t", 0, 64, 8, 16, 64)]
    [InlineData("mtl", 8, 8, 16, 8, 8)]
    [InlineData("arl", 8, 8, 16, 8, 8)]
    [InlineData("lnl", 8, 8, 8, 16, 8)]
    [InlineData("bmg", 20, 20, 8, 16, 12)]
    [InlineData("ptl", 12, 12, 8, 16, 16)]
    [InlineData("wcl", 2, 2, 8, 16, 4)]
    [InlineData("nvls", 2, 2, 8, 16, 4)]
    [InlineData("cri", 0, 32, 8, 16, 32)]
    [Rule("QRY-001")]
    [Rule("QRY-003")]
    public void A_main_gt_has_what_the_product_has(string name, int geometry, int compute, int units, int lanes, int banks)
    {
        foreach (IGrouping<int, Mask> gt in Query(name).GroupBy(mask => mask.Gt).Where(gt => !TestGpu.Named(name).IsMediaGt(gt.Key)))
        {
            Assert.Equal(
                [
                    (TopologyMaskType.DssGeometry, 16, geometry),
                    (TopologyMaskType.DssCompute, 16, compute),
                    (TopologyMaskType.L3Bank, 8, banks),
                    (lanes == 16 ? TopologyMaskType.Simd16EuPerDss : TopologyMaskType.EuPerDss, 8, units),
                ],
                gt.Select(mask => (mask.Type, mask.Size, mask.Bits)));
        }
    }

    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("QRY-001")]
    [Rule("QRY-002")]
    public void Each_gt_is_there_once_and_a_media_gt_has_at_most_l3(string name)
    {
        PlatformInfo platform = TestGpu.Named(name);
        Mask[] masks = Query(name);
        Assert.Equal(platform.Gts, masks.Select(mask => mask.Gt).Distinct());
        foreach (Mask mask in masks.Where(mask => platform.IsMediaGt(mask.Gt)))
            Assert.True(mask.Type == TopologyMaskType.L3Bank ? mask.Bits == 4 && platform.MediaVerx100 < 3000 : mask.Bits == 0);
        Assert.Equal(
            platform.Gts.Sum(gt => platform.IsMediaGt(gt) && platform.MediaVerx100 >= 3000 ? 3 : 4), masks.Length);
    }

    /// <summary>What a Vulkan or OpenGL driver does not start without: sub-slices, units in them, and L3 banks of GT 0.</summary>
    [Theory]
    [MemberData(nameof(Platforms))]
    [Rule("RN-022")]
    public void Every_platform_says_enough_for_drivers_to_start(string name)
    {
        Mask[] main = [.. Query(name).Where(mask => mask.Gt == 0)];
        Assert.Contains(main, mask => mask.Bits > 0 && mask.Type is (TopologyMaskType.DssGeometry or TopologyMaskType.DssCompute));
        Mask units = Assert.Single(main, mask => mask.Type is TopologyMaskType.EuPerDss or TopologyMaskType.Simd16EuPerDss);
        int version = TestGpu.Named(name).GraphicsVerx100;
        Assert.Equal(version == 1260 || version >= 2000, units.Type == TopologyMaskType.Simd16EuPerDss);
        Assert.True(units.Bits > 0 && main.Single(mask => mask.Type == TopologyMaskType.L3Bank).Bits > 0);
    }

    [Fact]
    public void A_sub_slice_may_be_missing_in_the_middle()
    {
        Mask compute = Query("pvc").Single(mask => mask.Type == TopologyMaskType.DssCompute);
        Assert.Equal((UInt128)0x7f7f_7f7f_7f7f_7f7f, compute.Value);
        GtTopology topology = XePlatforms.Bmg.Topology with { GeometryDss = UInt128.One << 95 };
        using var device = new XeDevice(XePlatforms.Bmg with { Topology = topology });
        Assert.Equal(UInt128.One << 95, Masks(device.OpenFile())[0].Value);
    }

    private static Mask[] Query(string name)
    {
        using var device = new XeDevice(TestGpu.Named(name));
        return Masks(device.OpenFile());
    }

    private static Mask[] Masks(XeFile file)
    {
        Assert.Equal(Errno.Ok, file.DeviceQuery(DeviceQueryId.GtTopology, out byte[] answer));
        var masks = new List<Mask>();
        for (ReadOnlySpan<byte> rest = answer; !rest.IsEmpty;)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(rest[4..]);
            UInt128 value = 0;
            for (int i = size; i-- > 0;)
                value = (value << 8) | rest[8 + i];
            var type = (TopologyMaskType)BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            masks.Add(new Mask(BinaryPrimitives.ReadUInt16LittleEndian(rest), type, size, value));
            rest = rest[(8 + size)..];
        }

        return [.. masks];
    }

    private sealed record Mask(int Gt, TopologyMaskType Type, int Size, UInt128 Value)
    {
        public int Bits => (int)UInt128.PopCount(Value);
    }
}
