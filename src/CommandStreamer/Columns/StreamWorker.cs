namespace XePt.Streaming;

/// <summary>What a thread that runs jobs needs for the instruction in hand.</summary>
internal sealed class StreamWorker
{
    /// <summary>Dwords of the longest instruction that is executed: MI_STORE_DATA_IMM.</summary>
    public const int MostWords = 0x3ff + 2;

    /// <summary>Bytes that a blit moves at a time.</summary>
    public const int ChunkBytes = 64 << 10;

    /// <summary>The instruction.</summary>
    public uint[] Words { get; } = new uint[MostWords];

    /// <summary>Bytes on their way.</summary>
    public byte[] Chunk { get; } = new byte[ChunkBytes];

    /// <summary>What is left of the budget.</summary>
    public long Budget { get; set; }

    /// <summary>Instructions executed.</summary>
    public long Executed { get; set; }

    /// <summary>What was used of the budget: instructions, and the bytes of blits.</summary>
    public long Spent { get; set; }

    /// <summary>Next idle one.</summary>
    public StreamWorker? Next { get; set; }
}
