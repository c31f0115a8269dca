namespace XePt.Streaming;

/// <summary>Waiting for a value. Signal mode is waited for as poll mode is: nobody has to be told.</summary>
internal static class Semaphores
{
    private const int IsRegister = 16, IsGlobal = 22;

    /// <summary>MI_SEMAPHORE_WAIT: goes on when what is in memory, or in a register, compares with the data.</summary>
    public static Step Wait(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], IsGlobal))
            return Stores.Refuse(column);
        uint value;
        if (Words.Bit(words[0], IsRegister))
        {
            value = column.Registers.Read(words[2], isRelative: false, isRemapped: true);
        }
        else
        {
            Step step = column.Memory.Read(Words.Address(words, 2), out value);
            if (step != Step.Next)
                return step;
        }

        return Words.Compare(Words.Bits(words[0], 12, 3), value, words[1]) ? Step.Next : Step.Polling;
    }
}
