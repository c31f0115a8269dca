namespace XePt.Streaming;

/// <summary>What decides whether instructions are executed.</summary>
internal static class Predicates
{
    /// <summary>MI_PREDICATE: compares, combines with the result so far, and loads that.</summary>
    public static Step Compute(Column column, ReadOnlySpan<uint> words)
    {
        RegisterFile registers = column.Registers;
        bool old = (registers[RegisterFile.PredicateResult] & 1) != 0;
        bool compared = Words.Bits(words[0], 0, 2) switch
        {
            0 => true,
            1 => false,
            2 => registers.GetWide(RegisterFile.PredicateSource0) == registers.GetWide(RegisterFile.PredicateSource1),
            _ => registers.GetWide(RegisterFile.PredicateSource0) - registers.GetWide(RegisterFile.PredicateSource1)
                == registers.GetWide(RegisterFile.PredicateData),
        };
        bool combined = Words.Bits(words[0], 3, 2) switch
        {
            0 => compared,
            1 => old & compared,
            2 => old | compared,
            _ => old ^ compared,
        };
        uint load = Words.Bits(words[0], 6, 2);
        const uint Load = 2, LoadInverted = 3;
        if (load is Load or LoadInverted)
            registers[RegisterFile.PredicateResult] = combined ^ (load == LoadInverted) ? 1u : 0;
        return Step.Next;
    }

    /// <summary>MI_SET_PREDICATE: from here to the next one, commands do nothing if that holds now.</summary>
    public static Step Set(Column column, ReadOnlySpan<uint> words)
    {
        RegisterFile registers = column.Registers;
        bool result = (registers[RegisterFile.PredicateResult] & 1) != 0;
        bool result2 = (registers[RegisterFile.PredicateResult2] & 1) != 0;
        registers.IsPredicated = Words.Bits(words[0], 0, 4) switch
        {
            1 => !result2,
            2 => result2,
            3 => !result,
            4 => result,
            15 => true,
            _ => false,
        };
        return Step.Next;
    }
}
