namespace XePt.Streaming;

/// <summary>Executes an instruction.</summary>
/// <param name="column">Where it is executed.</param>
/// <param name="words">All its dwords, the header first.</param>
internal delegate Step InstructionHandler(Column column, ReadOnlySpan<uint> words);

/// <summary>One row of the table of instructions.</summary>
/// <param name="Name">As the public descriptions call it.</param>
/// <param name="Header">Its header without length and flags.</param>
/// <param name="MinLength">Dwords that it has at least.</param>
/// <param name="Run">What it does; null when it is stepped over.</param>
internal sealed record Instruction(string Name, uint Header, int MinLength = 1, InstructionHandler? Run = null)
{
    /// <summary>MI_SET_PREDICATE does not make it do nothing.</summary>
    public bool IgnoresPredicate { get; init; }
}
