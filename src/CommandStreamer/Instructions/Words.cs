namespace XePt.Streaming;

/// <summary>Parts of instructions.</summary>
internal static class Words
{
    /// <summary>A bit of a dword.</summary>
    public static bool Bit(uint word, int number) => ((word >> number) & 1) != 0;

    /// <summary>Some bits of a dword.</summary>
    public static uint Bits(uint word, int low, int count) => (word >> low) & ((1u << count) - 1);

    /// <summary>A qword from two dwords.</summary>
    public static ulong Wide(ReadOnlySpan<uint> words, int first) => words[first] | ((ulong)words[first + 1] << 32);

    /// <summary>An address that is aligned to dwords.</summary>
    public static ulong Address(ReadOnlySpan<uint> words, int first) => Wide(words, first) & ~3UL;

    /// <summary>Compares as semaphores and conditional ends do: memory with data.</summary>
    /// <param name="operation">Bits 14:12 of the header.</param>
    /// <param name="memory">What was read.</param>
    /// <param name="data">What is in the instruction.</param>
    public static bool Compare(uint operation, uint memory, uint data) => operation switch
    {
        0 => memory > data,
        1 => memory >= data,
        2 => memory < data,
        3 => memory <= data,
        4 => memory == data,
        5 => memory != data,
        _ => true,
    };
}
