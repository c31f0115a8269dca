using XePt.Svm;

namespace XePt.Cli.Vectors.Svm;

/// <summary>The numbers of blocks as the vectors give them: in the order in which blocks got memory, of all tiles together.</summary>
/// <param name="tiles">The memory of each tile.</param>
internal sealed class BlockNumbers(Pagemap[] tiles)
{
    private readonly Dictionary<(XeInterconnect, long), long> _numbers = [];
    private readonly Dictionary<XeInterconnect, long> _seen = [];
    private long _next;

    /// <summary>Numbers what has got memory since the last time.</summary>
    public void Follow()
    {
        foreach (XeInterconnect interconnect in tiles.Select(tile => tile.Device.Interconnect).Distinct())
        {
            for (long number = _seen.GetValueOrDefault(interconnect); number < interconnect.BlocksSoFar; number++)
                _numbers[(interconnect, number)] = _next++;
            _seen[interconnect] = interconnect.BlocksSoFar;
        }
    }

    public long Of(SvmBlock block) => _numbers.GetValueOrDefault((block.Pagemap.Device.Interconnect, block.Number), -1);

    public int TileOf(SvmBlock block) => Array.IndexOf(tiles, block.Pagemap);
}
