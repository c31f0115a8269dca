using System.Runtime.InteropServices;

namespace XePt.Streaming;

/// <summary>The copy engine's commands for surfaces of pixels. Compression is a matter of caches and is not modelled: compressed surfaces
/// have their plain bytes. Mip levels are not: such a blit is stepped over.</summary>
internal static class SurfaceBlits
{
    private const int NewTilings = 1250;

    // Where the dwords of a block copy that describe whole surfaces begin, and what is in them.
    private const int ExtendedLength = 22;
    private const int DestinationLod = 17, DestinationArray = 18, SourceLod = 20, SourceArray = 21;
    private const int ColorLod = 14, ColorArray = 15;

    /// <summary>XY_FAST_COPY_BLT.</summary>
    public static Step FastCopy(Column column, ReadOnlySpan<uint> words)
    {
        int pixel = FastPixelBytes(Words.Bits(words[1], 24, 3));
        if (pixel == 0)
            return Unknown(column);
        Tiling to = FastTiling(column, Words.Bits(words[0], 13, 2), Words.Bit(words[1], 30));
        Tiling from = FastTiling(column, Words.Bits(words[0], 20, 2), Words.Bit(words[1], 31));
        return Copy(
            column,
            At(Words.Wide(words, 8), FastPitch(words[7], from), from, pixel, words[6], 0),
            At(Words.Wide(words, 4), FastPitch(words[1], to), to, pixel, words[2], 0),
            words[2], words[3]);
    }

    /// <summary>XY_BLOCK_COPY_BLT.</summary>
    public static Step BlockCopy(Column column, ReadOnlySpan<uint> words)
    {
        int pixel = PixelBytes(Words.Bits(words[0], 19, 3));
        if (pixel == 0)
            return Unknown(column);
        bool isExtended = words.Length >= ExtendedLength;
        if (isExtended && ((words[DestinationLod] | words[SourceLod]) & 0xf) != 0)
            return HasLevels(column);
        Surface to = Block(column, words, 1, 4, words[2], words[6], pixel);
        Surface from = Block(column, words, 8, 9, words[7], words[11], pixel);
        if (isExtended)
        {
            to = Layer(to, words[DestinationLod], words[DestinationArray]);
            from = Layer(from, words[SourceLod], words[SourceArray]);
        }

        return Copy(column, from, to, words[2], words[3]);
    }

    /// <summary>XY_FAST_COLOR_BLT.</summary>
    public static Step FastColor(Column column, ReadOnlySpan<uint> words)
    {
        const int Length = 16, Color = 7;
        int pixel = PixelBytes(Words.Bits(words[0], 19, 3));
        if (pixel == 0)
            return Unknown(column);
        if (words.Length >= Length && (words[ColorLod] & 0xf) != 0)
            return HasLevels(column);
        Surface to = Block(column, words, 1, 4, words[2], words[6], pixel);
        if (words.Length >= Length)
            to = Layer(to, words[ColorLod], words[ColorArray]);
        return Fill(column, to, MemoryMarshal.AsBytes(words.Slice(Color, 4))[..pixel], words[2], words[3]);
    }

    /// <summary>XY_COLOR_BLT, of older copy engines.</summary>
    public static Step Color(Column column, ReadOnlySpan<uint> words)
    {
        const int IsTiled = 11;
        int pixel = OldPixelBytes(words[1]);
        Tiling tiling = Words.Bit(words[0], IsTiled) ? Tiling.X : Tiling.Linear;
        Surface to = At(Words.Wide(words, 4), OldPitch(words[1], tiling), tiling, pixel, words[2], 0);
        return Fill(column, to, MemoryMarshal.AsBytes(words.Slice(6, 1))[..pixel], words[2], words[3]);
    }

    /// <summary>XY_SRC_COPY_BLT, of older copy engines.</summary>
    public static Step SourceCopy(Column column, ReadOnlySpan<uint> words)
    {
        const int DestinationIsTiled = 11, SourceIsTiled = 15;
        int pixel = OldPixelBytes(words[1]);
        Tiling to = Words.Bit(words[0], DestinationIsTiled) ? Tiling.X : Tiling.Linear;
        Tiling from = Words.Bit(words[0], SourceIsTiled) ? Tiling.X : Tiling.Linear;
        return Copy(
            column,
            At(Words.Wide(words, 8), OldPitch(words[7], from), from, pixel, words[6], 0),
            At(Words.Wide(words, 4), OldPitch(words[1], to), to, pixel, words[2], 0),
            words[2], words[3]);
    }

    /// <summary>The rectangle is given by the corners of the destination, x in the lower and y in the upper half of a dword.</summary>
    private static Step Copy(Column column, in Surface from, in Surface to, uint leftTop, uint rightBottom) => RectangleMove.Copy(
        column, from, to, (X(rightBottom) - (long)X(leftTop)) * to.PixelBytes, Y(rightBottom) - (long)Y(leftTop));

    private static Step Fill(Column column, in Surface to, ReadOnlySpan<byte> pixel, uint leftTop, uint rightBottom) => RectangleMove.Fill(
        column, to, pixel, (X(rightBottom) - (long)X(leftTop)) * to.PixelBytes, Y(rightBottom) - (long)Y(leftTop));

    private static Surface At(ulong start, long pitch, Tiling tiling, int pixel, uint corner, uint offset) => new(
        start, pitch, tiling, pixel, (X(corner) + (offset & 0x3fff)) * pixel, Y(corner) + ((offset >> 16) & 0x3fff));

    /// <summary>One side of a block copy: pitch less one and tiling, address, corner, offset.</summary>
    private static Surface Block(
        Column column, ReadOnlySpan<uint> words, int pitch, int address, uint corner, uint offset, int pixel)
    {
        Tiling tiling = Words.Bits(words[pitch], 30, 2) switch
        {
            0 => Tiling.Linear,
            1 => column.Version < NewTilings ? Tiling.Y : Tiling.X,
            2 => Tiling.Tile4,
            _ => Tiling.Tile64,
        };
        long units = Words.Bits(words[pitch], 0, 18) + 1;
        return At(Words.Wide(words, address), tiling == Tiling.Linear ? units : units * 4, tiling, pixel, corner, offset);
    }

    /// <summary>One of the layers of an array, which are so many times four rows apart.</summary>
    private static Surface Layer(in Surface surface, uint quarters, uint array) =>
        surface with { Top = surface.Top + (Words.Bits(quarters, 4, 15) * 4L * Words.Bits(array, 21, 11)) };

    private static Tiling FastTiling(Column column, uint tiling, bool isNew) => tiling switch
    {
        0 => Tiling.Linear,
        1 => Tiling.X,
        2 => isNew || column.Version >= NewTilings ? Tiling.Tile4 : Tiling.Y,
        _ => Tiling.Tile64,
    };

    // Of tiled surfaces pitches are in dwords.
    private static long FastPitch(uint word, Tiling tiling) => tiling == Tiling.Linear ? (short)word : (word & 0xffff) * 4L;

    private static long OldPitch(uint word, Tiling tiling) => FastPitch(word, tiling);

    private static int PixelBytes(uint depth) => depth switch { 0 => 1, 1 => 2, 2 => 4, 3 => 8, 4 => 12, 5 => 16, _ => 0 };

    private static int FastPixelBytes(uint depth) => depth switch { 0 => 1, 1 => 2, 3 => 4, 4 => 8, 5 => 16, _ => 0 };

    private static int OldPixelBytes(uint word) => Words.Bits(word, 24, 2) switch { 0 => 1, 3 => 4, _ => 2 };

    private static int X(uint corner) => (short)corner;

    private static int Y(uint corner) => (short)(corner >> 16);

    private static Step Unknown(Column column)
    {
        column.StepOver($"{column.Current!.Name} (color depth)");
        return Step.Next;
    }

    private static Step HasLevels(Column column)
    {
        column.StepOver($"{column.Current!.Name} (mip level)");
        return Step.Next;
    }
}
