using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Devices;
using XePt.Uapi;

namespace XePt;

/// <summary>The payload of GT_TOPOLOGY: for each GT the masks of what is there, one behind the other.</summary>
internal static class TopologyAnswer
{
    private static readonly GtTopology OfMedia = new();

    public static byte[] Of(PlatformInfo platform) => [.. platform.Gts.SelectMany(gt => OfGt(platform, gt))];

    /// <summary>In the driver's order. A media GT has no sub-slices, and its units are of the kind that the main GT has.</summary>
    private static IEnumerable<byte> OfGt(PlatformInfo platform, int gt)
    {
        bool isMedia = platform.IsMediaGt(gt);
        GtTopology topology = isMedia ? OfMedia with { L3Banks = platform.MediaL3Banks } : platform.Topology;
        TopologyMaskType units = platform.Topology.HasSimd16Eus ? TopologyMaskType.Simd16EuPerDss : TopologyMaskType.EuPerDss;
        return
        [
            .. Mask(gt, TopologyMaskType.DssGeometry, topology.GeometryDss, GtTopology.DssMaskBytes),
            .. Mask(gt, TopologyMaskType.DssCompute, topology.ComputeDss, GtTopology.DssMaskBytes),
            .. isMedia && !platform.ReportsMediaL3 ? [] : Mask(gt, TopologyMaskType.L3Bank, topology.L3Banks, GtTopology.SmallMaskBytes),
            .. Mask(gt, units, topology.EuPerDss, GtTopology.SmallMaskBytes),
        ];
    }

    private static byte[] Mask(int gt, TopologyMaskType type, UInt128 mask, int size)
    {
        byte[] record = new byte[Unsafe.SizeOf<DrmXeQueryTopologyMask>() + size];
        var head = new DrmXeQueryTopologyMask { GtId = (ushort)gt, Type = type, NumBytes = (uint)size };
        MemoryMarshal.Write(record, head);
        Span<byte> bytes = stackalloc byte[GtTopology.DssMaskBytes];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, mask);
        bytes[..size].CopyTo(record.AsSpan(Unsafe.SizeOf<DrmXeQueryTopologyMask>()));
        return record;
    }
}
