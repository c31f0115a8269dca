namespace XePt.Streaming;

/// <summary>Where a batch goes on and ends.</summary>
internal static class Batches
{
    private const int Predicated = 15, EndsLevel = 18, MasksMemory = 19, Compares = 21, IsSecondLevel = 22;

    // Until graphics 12.5 jumps have a predicate of their own.
    private const int SetPredicateDecides = 1250;

    /// <summary>MI_BATCH_BUFFER_START: goes on at an address of the VM, whatever address space it names, for batches of clients have no
    /// other.</summary>
    public static Step Start(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], Predicated) && IsIgnored(column))
            return Step.Next;
        return column.Jump(Words.Address(words, 1), words.Length, returns: Words.Bit(words[0], IsSecondLevel));
    }

    /// <summary>MI_BATCH_BUFFER_END.</summary>
    public static Step End(Column column, ReadOnlySpan<uint> words) =>
        Words.Bit(words[0], Predicated) && IsIgnored(column) ? Step.Next : column.End();

    /// <summary>MI_CONDITIONAL_BATCH_BUFFER_END: goes on only if what is in memory compares with the data.</summary>
    public static Step EndUnless(Column column, ReadOnlySpan<uint> words)
    {
        if (!Words.Bit(words[0], Compares))
            return Step.Next;
        ulong address = Wide8(words);
        Step step;
        uint memory;
        if (Words.Bit(words[0], MasksMemory))
        {
            step = column.Memory.Read(address, out ulong both);
            memory = (uint)both & (uint)(both >> 32);
        }
        else
        {
            step = column.Memory.Read(address, out memory);
        }

        if (step != Step.Next || Words.Compare(Words.Bits(words[0], 12, 3), memory, words[1]))
            return step;
        return column.End(all: !Words.Bit(words[0], EndsLevel));
    }

    // Bits 2:0 of the address are not part of it only where both dwords are compared.
    private static ulong Wide8(ReadOnlySpan<uint> words) =>
        Words.Wide(words, 2) & ~(Words.Bit(words[0], MasksMemory) ? 7UL : 3UL);

    private static bool IsIgnored(Column column) => column.Version >= SetPredicateDecides
        ? column.Registers.IsPredicated : (column.Registers[RegisterFile.PredicateResult1] & 1) == 0;
}
