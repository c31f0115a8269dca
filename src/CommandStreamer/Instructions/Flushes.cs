namespace XePt.Streaming;

/// <summary>Flushes: there is nothing to flush, as every store is done when the next instruction begins; what they write afterwards is
/// written.</summary>
internal static class Flushes
{
    private const int UsesIndex = 21;
    private const uint WriteImmediate = 1, WriteDepthCount = 2, WriteTimestamp = 3;

    /// <summary>MI_FLUSH_DW: nothing, its data (a qword, or a dword where there is only one) or the time.</summary>
    public static Step FlushDw(Column column, ReadOnlySpan<uint> words)
    {
        const int IsGlobalAddress = 2;
        uint operation = Words.Bits(words[0], 14, 2);
        if (operation == 0 || words.Length < 4)
            return Step.Next;
        if (Words.Bit(words[1], IsGlobalAddress) || Words.Bit(words[0], UsesIndex))
            return Stores.Refuse(column);
        ulong address = Words.Wide(words, 1) & ~7UL;
        return operation switch
        {
            WriteTimestamp => column.Memory.Write(address, column.Clock.Ticks),
            WriteImmediate when words.Length == 4 => column.Memory.Write(Words.Address(words, 1), words[3]),
            WriteImmediate => column.Memory.Write(address, Words.Wide(words, 3)),
            _ => Step.Next,
        };
    }

    /// <summary>PIPE_CONTROL: nothing, its data, the count of pixels, of which there are none, or the time; or its data go to a
    /// register.</summary>
    public static Step PipeControl(Column column, ReadOnlySpan<uint> words)
    {
        const int WritesRegister = 23, IsGlobalAddress = 24;
        uint flags = words[1];
        if (Words.Bit(flags, WritesRegister))
        {
            column.Registers.Write(words[2], words[4], isRelative: false, isRemapped: true);
            return Step.Next;
        }

        uint operation = Words.Bits(flags, 14, 2);
        if (operation == 0)
            return Step.Next;
        if (Words.Bit(flags, IsGlobalAddress) || Words.Bit(flags, UsesIndex))
            return Stores.Refuse(column);
        ulong address = Words.Address(words, 2);
        return operation switch
        {
            WriteImmediate => column.Memory.Write(address, Words.Wide(words, 4)),
            WriteDepthCount => column.Memory.Write(address, 0UL),
            _ => column.Memory.Write(address, column.Clock.Ticks),
        };
    }
}
