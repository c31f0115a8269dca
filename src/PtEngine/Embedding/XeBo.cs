using XePt.Memory;

namespace XePt;

/// <summary>A buffer object as a client sees it. Valid until its handle is closed and its last mapping is gone.</summary>
public sealed class XeBo
{
    internal XeBo(uint handle, BufferObject bo) => (Handle, Object) = (handle, bo);

    /// <summary>GEM handle inside its file.</summary>
    public uint Handle { get; }

    /// <summary>Device-wide number, from 1; VMAs name BOs by it.</summary>
    public int Number => Object.Slot;

    /// <summary>Size in bytes.</summary>
    public ulong Size => Object.Size;

    /// <summary>Mask of the memory regions it may live in.</summary>
    public uint Placements => Object.Placements;

    /// <summary>Region it lives in now, or null while its backing is deferred.</summary>
    public int? Region => Object.Backing is null ? null : Object.Region;

    /// <summary>It had to leave device memory for others, or because the embedder asked, and comes back when it is validated and there is room.</summary>
    public bool IsEvicted => Object.IsEvicted;

    /// <summary>It stays where it is; see <see cref="XeFile.PinBo"/>.</summary>
    public bool IsPinned => Object.IsPinned;

    internal BufferObject Object { get; }

    /// <summary>The physical pieces behind it, in order: address relative to the region, and size in bytes. Empty while deferred.</summary>
    public IReadOnlyList<(ulong Address, ulong Size)> Segments
    {
        get
        {
            if (Object.Backing is not { } backing)
                return [];

            var pieces = new (ulong, ulong)[backing.SegmentCount];
            ReadOnlySpan<Segment> segments = backing.Segments;
            for (int i = 0; i < pieces.Length; i++)
            {
                ulong end = i + 1 < pieces.Length ? segments[i + 1].Offset : backing.Size;
                pieces[i] = (segments[i].Address, end - segments[i].Offset);
            }

            return pieces;
        }
    }
}
