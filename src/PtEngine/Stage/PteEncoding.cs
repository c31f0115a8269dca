using XePt.Devices;
using XePt.Uapi.Formats;

namespace XePt.Stage;

/// <summary>What staging needs of a platform's entry format, looked up once per device so that the walks only OR constants.</summary>
internal sealed class PteEncoding
{
    private const int LeafLevels = 3;

    // By PAT index, level, read-only and NULL: binds ask for three leaves each.
    private readonly ulong[] _leaves;

    public PteEncoding(PlatformInfo platform)
    {
        Pde = PteFormats.EncodePde(platform.FormatId, platform.PdePat);
        _leaves = new ulong[platform.Pat.Entries.Length * LeafLevels * 4];
        for (int i = 0; i < _leaves.Length; i++)
            _leaves[i] = PteFormats.EncodeLeaf(
                platform.FormatId, (i >> 2) % LeafLevels, (uint)((i >> 2) / LeafLevels), (i & 1) != 0, (i & 2) != 0);
    }

    /// <summary>Everything of a directory entry but the child's address (PT-027).</summary>
    public ulong Pde { get; }

    /// <summary>Marks a directory entry whose child is a compact table (PT-077).</summary>
    public ulong CompactChild { get; } = PteFormats.Pde64K;

    /// <summary>Marks a 4 KiB entry of an aligned 64 KiB page (PT-079).</summary>
    public ulong Hint64K { get; } = PteFormats.Ps64;

    public ulong DeviceMemory { get; } = PteFormats.DeviceMemory;

    public ulong AtomicEnable { get; } = PteFormats.AtomicEnable;

    /// <summary>Everything of a leaf but its address and the template bits (PT-024).</summary>
    public ulong Leaf(int level, uint pat, bool readOnly, bool isNull) =>
        _leaves[(((int)pat * LeafLevels) + level) * 4 + (readOnly ? 1 : 0) + (isNull ? 2 : 0)];
}
