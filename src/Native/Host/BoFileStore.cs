namespace XePt.Native;

/// <summary>A store in which each buffer object's contents are a file in memory of their own. Where the object is in a region, the region
/// has the file's pages; so an object moves without its bytes, and whoever has mapped it sees what the GPU writes.</summary>
internal sealed class BoFileStore : RegionStore, IBoStore
{
    /// <inheritdoc/>
    public IBoContents? Begin(in BoTraits bo) => BoFile.TryMake(this, bo);

    /// <inheritdoc/>
    public IBoContents? Share(IBoContents contents) => (contents as BoFile)?.TryShare(this);

    /// <summary>The region that an address is in.</summary>
    public RegionFile? RegionOf(in BoPiece piece)
    {
        foreach (RegionFile region in Regions)
        {
            if (region.IsDeviceMemory == piece.IsDeviceMemory && region.Holds(piece.Address, piece.Size))
                return region;
        }

        return null;
    }
}
