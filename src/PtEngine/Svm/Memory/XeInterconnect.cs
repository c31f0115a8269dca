namespace XePt;

/// <summary>Devices that reach each other's memory: the pages of a process that are in one of them count as own for all (SVM-016), and VMAs
/// may prefer the memory of another one. A device is in one interconnect for good (<see cref="XeDeviceOptions.Interconnect"/>).</summary>
public sealed class XeInterconnect
{
    private int _maps;
    private long _blocks;

    /// <summary>Blocks that have got memory so far.</summary>
    internal long BlocksSoFar => Interlocked.Read(ref _blocks);

    /// <summary>A number for the memory of one more tile, from 1.</summary>
    internal int Join() => Interlocked.Increment(ref _maps);

    /// <summary>A number for a block that has got memory, in the order in which blocks do.</summary>
    internal long NumberBlock() => Interlocked.Increment(ref _blocks) - 1;
}
