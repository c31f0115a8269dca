namespace XePt.Streaming;

/// <summary>What goes to registers and comes from them.</summary>
internal static class RegisterMoves
{
    private const int RemapsAddress = 17, SourceIsRelative = 18, IsRelative = 19, Predicated = 21, IsGlobal = 22;

    /// <summary>MI_LOAD_REGISTER_IMM: any number of pairs of address and value.</summary>
    public static Step FromImmediates(Column column, ReadOnlySpan<uint> words)
    {
        for (int i = 1; i + 1 < words.Length; i += 2)
            Write(column, words[0], words[i], words[i + 1]);
        return Step.Next;
    }

    /// <summary>MI_LOAD_REGISTER_REG.</summary>
    public static Step FromRegister(Column column, ReadOnlySpan<uint> words)
    {
        // Bit 16 remaps the source, 17 the destination.
        uint value = column.Registers.Read(words[1], Words.Bit(words[0], SourceIsRelative), Words.Bit(words[0], RemapsAddress - 1));
        Write(column, words[0], words[2], value);
        return Step.Next;
    }

    /// <summary>MI_LOAD_REGISTER_MEM.</summary>
    public static Step FromMemory(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], IsGlobal))
            return Stores.Refuse(column);
        Step step = column.Memory.Read(Words.Address(words, 2), out uint value);
        if (step == Step.Next)
            Write(column, words[0], words[1], value);
        return step;
    }

    /// <summary>MI_STORE_REGISTER_MEM: one that is predicated stores only if MI_PREDICATE's result is set.</summary>
    public static Step ToMemory(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], IsGlobal))
            return Stores.Refuse(column);
        if (Words.Bit(words[0], Predicated) && (column.Registers[RegisterFile.PredicateResult] & 1) == 0)
            return Step.Next;
        uint value = column.Registers.Read(words[1], Words.Bit(words[0], IsRelative), Words.Bit(words[0], RemapsAddress));
        return column.Memory.Write(Words.Address(words, 2), value);
    }

    private static void Write(Column column, uint header, uint address, uint value) =>
        column.Registers.Write(address, value, Words.Bit(header, IsRelative), Words.Bit(header, RemapsAddress));
}
