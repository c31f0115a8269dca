using System.Runtime.CompilerServices;

namespace XePt.Tlb;

/// <summary>The tile updates that one VM has flushed inside its gate, per tile: each goes to all GTs of the tile alike.</summary>
/// <remarks>Concurrency: the VM's writer counts, by plain additions, so that VMs do not meet here; any thread reads.</remarks>
internal sealed class TlbVmTally(int tiles)
{
    private readonly TlbCount[] _tiles = new TlbCount[tiles];

    /// <summary>Place in the list of all; belongs to <see cref="TlbVmTallies"/>.</summary>
    public int Place { get; set; }

    /// <summary>An invalidation of a tile is being issued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Issued(int tile, ulong asked, TlbInvalidationRange shape) => _tiles[tile].Add(asked, shape);

    /// <summary>The sums of a tile, which its writer may be counting.</summary>
    public ref readonly TlbCount Of(int tile) => ref _tiles[tile];

    /// <summary>Adds all of a VM that is gone.</summary>
    public void Add(TlbVmTally other)
    {
        for (int tile = 0; tile < _tiles.Length; tile++)
            _tiles[tile].Add(other._tiles[tile]);
    }
}
