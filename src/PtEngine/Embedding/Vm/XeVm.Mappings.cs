using XePt.Pipeline;
using XePt.Uapi.Formats;

namespace XePt;

/// <summary>A run of equal leaves, each of <paramref name="LeafSize"/> bytes, of consecutive memory.</summary>
/// <param name="Range">Its addresses.</param>
/// <param name="Entry">Raw entry of the first leaf; the others differ in the address only.</param>
/// <param name="Level">Level of the leaves.</param>
/// <param name="IsCompact">They are in compact tables.</param>
/// <param name="LeafSize">Bytes one entry covers.</param>
public readonly record struct MappingRun(AddressRange Range, ulong Entry, int Level, bool IsCompact, ulong LeafSize)
{
    /// <summary>NULL leaves: no memory behind them.</summary>
    public bool IsNull => (Entry & PteFormats.Null) != 0;

    /// <summary>For example <c>[0x200000, 0x400000) 0x1000-byte leaves from 0x80000043 at level 0</c>.</summary>
    public override string ToString() =>
        $"{Range} 0x{LeafSize:x}-byte {(IsCompact ? "compact " : "")}leaves from 0x{Entry:x} at level {Level}";
}

// Mappings as the tables show them.
public sealed partial class XeVm
{
    /// <summary>All present leaves of a tile by address, joined into runs; scratch entries are left out. Any thread.</summary>
    public IReadOnlyList<MappingRun> GetMappings(int tile = 0)
    {
        var runs = new List<MappingRun>();
        using VmContext.LookScope look = Context.Look();
        using XeWalker walker = OpenWalker(tile);
        foreach (MappingRun run in walker.Runs(new AddressRange(0, Size)))
            runs.Add(run);
        return runs;
    }
}
