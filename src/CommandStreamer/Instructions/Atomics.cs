namespace XePt.Streaming;

/// <summary>MI_ATOMIC. Its numbers are those of dwords, plus 0x20 for qwords.</summary>
internal static class Atomics
{
    private const int ReturnsData = 16, HasInlineData = 18, IsGlobal = 22;
    private const uint Qword = 0x20;
    private const uint And = 1, Or = 2, Xor = 3, Move = 4, Increment = 5, Decrement = 6, Add = 7, Subtract = 8, ReverseSubtract = 9,
        SignedMax = 10, SignedMin = 11, Max = 12, Min = 13, CompareWrite = 14, PreDecrement = 15;

    // Dwords of one with data: header, address, two operands of 4 dwords each.
    private const int LongLength = 11;

    /// <summary>Does it, and keeps what was there in general register 0 where it shall.</summary>
    public static Step Execute(Column column, ReadOnlySpan<uint> words)
    {
        uint code = Words.Bits(words[0], 8, 8);
        bool isWide = (code & Qword) != 0;
        ulong address = Words.Wide(words, 1) & ~(isWide ? 7UL : 3UL);
        if (Words.Bit(words[0], IsGlobal))
            return Stores.Refuse(column);
        if (code >= 2 * Qword || (code & ~Qword) is 0 or > PreDecrement)
            return Unknown(column, code);
        (ulong first, ulong second) = Operands(column, words);
        Step step = (code & ~Qword) == ReverseSubtract
            ? SubtractFrom(column, address, isWide, first, out ulong old)
            : column.Memory.Atomic(address, Of(code & ~Qword, isWide, first, second), out old);
        if (step == Step.Next && Words.Bit(words[0], ReturnsData))
            Keep(column, isWide, (code & ~Qword) == PreDecrement ? old - 1 : old);
        return step;
    }

    private static Step Unknown(Column column, uint code)
    {
        column.StepOver($"MI_ATOMIC 0x{code:x2}");
        return Step.Next;
    }

    /// <summary>From the instruction, dword by dword in turn; or from general registers 0 and 1.</summary>
    private static (ulong First, ulong Second) Operands(Column column, ReadOnlySpan<uint> words)
    {
        if (!Words.Bit(words[0], HasInlineData) || words.Length < LongLength)
            return (column.Registers.GetGeneral(0), column.Registers.GetGeneral(1));
        return (words[3] | ((ulong)words[5] << 32), words[4] | ((ulong)words[6] << 32));
    }

    /// <summary>What memory makes of it: subtracting is adding what is missing to zero.</summary>
    private static GpuAtomic Of(uint code, bool isWide, ulong first, ulong second) => code switch
    {
        // Operand 1 is compared, operand 2 written.
        CompareWrite => Make(GpuAtomicOperation.CompareExchange, isWide, second, first),
        Increment => Make(GpuAtomicOperation.Add, isWide, 1),
        Decrement or PreDecrement => Make(GpuAtomicOperation.Add, isWide, ulong.MaxValue),
        Subtract => Make(GpuAtomicOperation.Add, isWide, 0 - first),
        _ => Make(OperationOf(code), isWide, first),
    };

    private static GpuAtomicOperation OperationOf(uint code) => code switch
    {
        And => GpuAtomicOperation.And,
        Or => GpuAtomicOperation.Or,
        Xor => GpuAtomicOperation.Xor,
        Move => GpuAtomicOperation.Exchange,
        SignedMax => GpuAtomicOperation.SignedMax,
        SignedMin => GpuAtomicOperation.SignedMin,
        Max => GpuAtomicOperation.Max,
        Min => GpuAtomicOperation.Min,
        _ => GpuAtomicOperation.Add,
    };

    private static GpuAtomic Make(GpuAtomicOperation operation, bool isWide, ulong operand, ulong comparand = 0) => isWide
        ? GpuAtomic.On64(operation, operand, comparand) : GpuAtomic.On32(operation, (uint)operand, (uint)comparand);

    /// <summary>The operand less the memory, which is no operation of memory: read, then put in place of what was read, until nobody was
    /// in between. What was read is kept while the second access waits.</summary>
    private static Step SubtractFrom(Column column, ulong address, bool isWide, ulong from, out ulong old)
    {
        old = 0;
        if (column.Progress == 0)
        {
            Step read = isWide ? column.Memory.Read(address, out ulong value) : ReadDword(column, address, out value);
            if (read != Step.Next)
                return read;
            (column.Math.Accumulator, column.Progress) = (value, 1);
        }

        ulong expected = column.Math.Accumulator;
        Step step = column.Memory.Atomic(
            address, Make(GpuAtomicOperation.CompareExchange, isWide, from - expected, expected), out old);
        if (step == Step.Next && old != expected)
            (column.Progress, step) = (0, Step.Unfinished);
        return step;
    }

    private static Step ReadDword(Column column, ulong address, out ulong value)
    {
        Step step = column.Memory.Read(address, out uint dword);
        value = dword;
        return step;
    }

    private static void Keep(Column column, bool isWide, ulong value) =>
        column.Registers.SetGeneral(0, isWide ? value : (uint)value);
}
