using System.Numerics;

namespace XePt.Streaming;

/// <summary>How the bytes of a surface lie in memory.</summary>
internal enum Tiling : byte
{
    /// <summary>Row by row.</summary>
    Linear,

    /// <summary>Tiles of 512 bytes by 8 rows.</summary>
    X,

    /// <summary>Tiles of 128 bytes by 32 rows, in columns of 16 bytes.</summary>
    Y,

    /// <summary>Tiles of 128 bytes by 32 rows, in blocks of 16 bytes by 4 rows.</summary>
    Tile4,

    /// <summary>Tiles of 64 KiB that are made of those of <see cref="Tile4"/>; their shape depends on the size of a pixel.</summary>
    Tile64,
}

/// <summary>A rectangle of bytes in a surface, from its left upper corner on.</summary>
/// <param name="Start">GPU address of the surface.</param>
/// <param name="Pitch">Bytes from one row to the next, perhaps negative where rows are linear.</param>
/// <param name="Tiling">How it lies in memory.</param>
/// <param name="PixelBytes">Bytes of a pixel.</param>
/// <param name="Left">Bytes left of the rectangle.</param>
/// <param name="Top">Rows above it.</param>
internal readonly record struct Surface(ulong Start, long Pitch, Tiling Tiling, int PixelBytes, long Left, long Top)
{
    // Which bits of a byte's address inside a tile come from x; the others come from y. The lowest bits come first in both.
    private const uint XBitsOfX = 0x1ff, XBitsOfY = 0xe0f, XBitsOf4 = 0x2cf;

    /// <summary>Bits of addresses in a tile that come from x.</summary>
    private uint XBits => Tiling switch
    {
        Tiling.X => XBitsOfX,
        Tiling.Y => XBitsOfY,
        Tiling.Tile4 => XBitsOf4,
        _ => XBitsOf4 | (PixelBytes >= 8 ? 0x7000u : PixelBytes >= 2 ? 0x3000u : 0x1000u),
    };

    private int TileShift => Tiling == Tiling.Tile64 ? 16 : 12;

    /// <summary>Bytes that lie side by side in memory.</summary>
    private int RunBytes => Tiling == Tiling.X ? 512 : 16;

    /// <summary>Address of a byte of the rectangle.</summary>
    public ulong AddressOf(long x, long y)
    {
        (x, y) = (x + Left, y + Top);
        if (Tiling == Tiling.Linear)
            return Start + (ulong)((y * Pitch) + x);
        uint bits = XBits;
        int widthShift = BitOperations.PopCount(bits), heightShift = TileShift - widthShift;
        ulong tile = ((ulong)(y >> heightShift) * (ulong)(Pitch >> widthShift)) + (ulong)(x >> widthShift);
        uint inside = Spread((uint)x & ((1u << widthShift) - 1), bits) | Spread((uint)y & ((1u << heightShift) - 1), ~bits);
        return Start + (tile << TileShift) + inside;
    }

    /// <summary>How many bytes lie together from one on, at most so many. Of linear surfaces the rest of the row is one run, and all of
    /// the rows where nothing is between them.</summary>
    /// <param name="x">Byte in the row.</param>
    /// <param name="rowBytes">Bytes of a row of the rectangle.</param>
    /// <param name="most">How many are wanted at most; it may go beyond the row.</param>
    public int RunOf(long x, long rowBytes, int most)
    {
        if (Tiling == Tiling.Linear)
            return (int)Math.Min(most, Pitch == rowBytes ? most : rowBytes - x);
        return (int)Math.Min(Math.Min(most, rowBytes - x), RunBytes - ((x + Left) & (RunBytes - 1)));
    }

    /// <summary>Puts the bits of a number at the places of a mask.</summary>
    private static uint Spread(uint value, uint mask)
    {
        uint result = 0;
        for (; value != 0; value >>= 1, mask &= mask - 1)
            result |= (value & 1) << BitOperations.TrailingZeroCount(mask);
        return result;
    }
}
