namespace XePt.Streaming;

/// <summary>MEM_COPY and MEM_SET, the copy engine's commands for plain memory: lines of bytes, or rows of them.</summary>
internal static class MemoryBlits
{
    private const int IsMatrix = 17, InPages = 19;
    private const int PageShift = 8;

    /// <summary>MEM_COPY: bytes, or pages of 256 bytes; one line, or a matrix with a pitch on each side.</summary>
    public static Step Copy(Column column, ReadOnlySpan<uint> words)
    {
        bool inPages = Words.Bit(words[0], InPages), isMatrix = Words.Bit(words[0], IsMatrix);
        long width = inPages ? (Words.Bits(words[1], 0, 24) + 1L) << PageShift : Words.Bits(words[1], 0, 18) + 1;
        long rows = isMatrix ? Words.Bits(words[2], 0, 18) + 1 : 1;
        Surface from = Rows(Words.Wide(words, 5), isMatrix ? words[3] : (uint)width - 1);
        Surface to = Rows(Words.Wide(words, 7), isMatrix ? words[4] : (uint)width - 1);
        return RectangleMove.Copy(column, from, to, width, rows);
    }

    /// <summary>MEM_SET: one byte, everywhere.</summary>
    public static Step Set(Column column, ReadOnlySpan<uint> words)
    {
        bool isMatrix = Words.Bit(words[0], IsMatrix);
        long width = isMatrix ? Words.Bits(words[1], 0, 18) + 1 : Words.Bits(words[1], 0, 24) + 1;
        long rows = isMatrix ? Words.Bits(words[2], 0, 18) + 1 : 1;
        Surface to = Rows(Words.Wide(words, 4), isMatrix ? words[3] : (uint)width - 1);
        return RectangleMove.Fill(column, to, [(byte)(words[6] >> 24)], width, rows);
    }

    private static Surface Rows(ulong start, uint pitch) => new(start, Words.Bits(pitch, 0, 18) + 1, Tiling.Linear, 1, 0, 0);
}
