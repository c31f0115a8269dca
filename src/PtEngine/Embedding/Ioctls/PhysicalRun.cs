using XePt.Memory;

namespace XePt;

/// <summary>A run of physical chunks: <paramref name="Count"/> chunks of <paramref name="Size"/> bytes at
/// <c>Address + i * Stride</c>.</summary>
/// <param name="Address">Physical address of the first chunk, 4 KiB aligned; for VRAM relative to the region.</param>
/// <param name="Size">Bytes of one chunk, a multiple of 4096.</param>
/// <param name="Count">Chunks, at least 1.</param>
/// <param name="Stride">Bytes from one chunk to the next.</param>
public readonly record struct PhysicalRun(ulong Address, ulong Size, int Count = 1, ulong Stride = 0)
{
    /// <summary>The run as traces write it: <c>[0x7000, 0x1000]</c>, or with count and stride.</summary>
    public override string ToString() =>
        Count == 1 ? $"[0x{Address:x}, 0x{Size:x}]" : $"[0x{Address:x}, 0x{Size:x}, {Count}, 0x{Stride:x}]";

    /// <summary>A run of one chunk for each piece.</summary>
    internal static PhysicalRun[] Of((ulong Address, ulong Size)[] pieces) =>
        Array.ConvertAll(pieces, piece => new PhysicalRun(piece.Address, piece.Size));

    /// <summary>Expands runs, which <see cref="RunCheck"/> has found good, into segments.</summary>
    /// <param name="merge">Join physically contiguous neighbours, as page lists do (PT-067); BO segments stay apart (PT-065,
    /// PT-066).</param>
    internal static Segment[] ToSegments(ReadOnlySpan<PhysicalRun> runs, SegmentKind kind, bool merge, out ulong size)
    {
        var segments = new List<Segment>();
        size = 0;
        ulong nextAddress = 0;
        foreach (PhysicalRun run in runs)
        {
            for (int i = 0; i < run.Count; i++)
            {
                ulong address = run.Address + ((ulong)i * run.Stride);
                if (!merge || segments.Count == 0 || address != nextAddress)
                    segments.Add(new Segment(size, address, kind));
                size += run.Size;
                nextAddress = address + run.Size;
            }
        }

        return [.. segments];
    }
}
