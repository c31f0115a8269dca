using XePt.Memory;
using XePt.Svm;

namespace XePt;

/// <summary>Devices that reach each other's memory: the pages of a process that are in one of them count as own for all (SVM-016), and VMAs
/// may prefer the memory of another one. A device is in one interconnect for good (<see cref="XeDeviceOptions.Interconnect"/>).</summary>
/// <remarks>Concurrency: any thread. The list of memories is replaced as a whole under the gate, and read without.</remarks>
public sealed class XeInterconnect
{
    private volatile Pagemap?[] _maps = [];
    private SpinGate _gate;
    private long _blocks;

    /// <summary>Blocks that have got memory so far.</summary>
    internal long BlocksSoFar => Interlocked.Read(ref _blocks);

    /// <summary>Makes the pagemap of one more tile, with a number from 1.</summary>
    internal Pagemap Join(Func<int, Pagemap> make)
    {
        _gate.Enter();
        Pagemap map = make(_maps.Length + 1);
        _maps = [.. _maps, map];
        _gate.Exit();
        return map;
    }

    /// <summary>The memory of a tile is no more. Its number is not given to another.</summary>
    internal void Leave(Pagemap map)
    {
        _gate.Enter();
        _maps = [.. _maps.Select(other => ReferenceEquals(other, map) ? null : other)];
        _gate.Exit();
    }

    /// <summary>The pagemap with a number; null when its device is gone.</summary>
    internal Pagemap? Find(int number) => _maps[number - 1];

    /// <summary>A number for a block that has got memory, in the order in which blocks do.</summary>
    internal long NumberBlock() => Interlocked.Increment(ref _blocks) - 1;

    /// <inheritdoc/>
    public override string ToString() =>
        _maps.Count(map => map is not null) is var joined && joined == 1 ? "1 device" : $"{joined} devices that reach each other's memory";
}
