using System.Runtime.InteropServices;

namespace XePt.Streaming;

/// <summary>Moves between instruction, registers and memory.</summary>
internal static class Stores
{
    private const int IsGlobal = 22, IsGlobalDestination = 21;

    /// <summary>MI_STORE_DATA_IMM: all its data, dwords or qwords, one after the other.</summary>
    public static Step Immediate(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], IsGlobal))
            return Refuse(column);
        return column.Memory.Write(Words.Address(words, 1), MemoryMarshal.AsBytes(words[3..]));
    }

    /// <summary>MI_COPY_MEM_MEM: one dword.</summary>
    public static Step Copy(Column column, ReadOnlySpan<uint> words)
    {
        if (Words.Bit(words[0], IsGlobal) || Words.Bit(words[0], IsGlobalDestination))
            return Refuse(column);
        Step step = column.Memory.Read(Words.Address(words, 3), out uint value);
        return step == Step.Next ? column.Memory.Write(Words.Address(words, 1), value) : step;
    }

    /// <summary>Batches of clients may not reach the kernel's global addresses: on hardware, too, such an instruction does
    /// nothing.</summary>
    public static Step Refuse(Column column)
    {
        column.StepOver($"{column.Current!.Name} (global)");
        return Step.Next;
    }
}
