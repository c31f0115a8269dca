namespace XePt.Streaming;

/// <summary>MI_MATH: operations on general registers, of 64 bits, through two sources and an accumulator with two flags. An operation that
/// reaches memory may wait for a page fault; the unit then goes on with it, and what came before is not done again.</summary>
internal struct MathUnit
{
    private const uint Noop = 0x000, FenceRead = 0x001, FenceWrite = 0x002, Load = 0x080, LoadInverted = 0x480, LoadZero = 0x081,
        LoadOnes = 0x481, LoadIndirect = 0x082, Add = 0x100, Subtract = 0x101, And = 0x102, Or = 0x103, Xor = 0x104, ShiftLeft = 0x105,
        ShiftRight = 0x106, ShiftRightSigned = 0x107, Store = 0x180, StoreInverted = 0x580, StoreIndirect = 0x181;

    private const uint SourceA = 0x20, SourceB = 0x21, AccumulatorName = 0x31, ZeroName = 0x32, CarryName = 0x33;

    // Shifts, memory and fences came with it.
    private const int FullVersion = 1250;

    private ulong _a, _b;
    private bool _zero, _carry;

    /// <summary>The accumulator.</summary>
    public ulong Accumulator;

    /// <summary>Executes the operations from where the instruction is.</summary>
    public static Step Execute(Column column, ReadOnlySpan<uint> words)
    {
        ref MathUnit unit = ref column.Math;
        if (column.Progress == 0)
            (unit, column.Progress) = (default, 1);
        for (; column.Progress < (ulong)words.Length; column.Progress++)
        {
            Step step = unit.Run(column, words[(int)column.Progress]);
            if (step != Step.Next)
                return step;
        }

        return Step.Next;
    }

    private Step Run(Column column, uint word)
    {
        (uint code, uint first, uint second) = (word >> 20, Words.Bits(word, 10, 10), Words.Bits(word, 0, 10));
        if (code is (>= ShiftLeft and <= ShiftRightSigned) or LoadIndirect or StoreIndirect && column.Version < FullVersion)
            return Unknown(column, code);
        switch (code)
        {
            case Noop or FenceRead or FenceWrite:
                return Step.Next;
            case Load or LoadInverted:
                Put(column, first, Get(column, second) ^ (code == LoadInverted ? ulong.MaxValue : 0));
                return Step.Next;
            case LoadZero or LoadOnes:
                Put(column, first, code == LoadOnes ? ulong.MaxValue : 0);
                return Step.Next;
            case Store or StoreInverted:
                Put(column, first, Get(column, second) ^ (code == StoreInverted ? ulong.MaxValue : 0));
                return Step.Next;
            case LoadIndirect:
                return ReadMemory(column, first, Get(column, second));
            case StoreIndirect:
                return column.Memory.Write(Get(column, first) & ~3UL, Get(column, second));
            default:
                return Calculate(code) ? Step.Next : Unknown(column, code);
        }
    }

    private bool Calculate(uint code)
    {
        int shift = (int)(_b & 63);
        ulong result;
        switch (code)
        {
            case Add:
                result = _a + _b;
                _carry = result < _a;
                break;
            case Subtract:
                result = _a - _b;
                _carry = _a < _b;
                break;
            case And:
                result = _a & _b;
                break;
            case Or:
                result = _a | _b;
                break;
            case Xor:
                result = _a ^ _b;
                break;
            case ShiftLeft:
                result = _a << shift;
                break;
            case ShiftRight:
                result = _a >> shift;
                break;
            case ShiftRightSigned:
                result = (ulong)((long)_a >> shift);
                break;
            default:
                return false;
        }

        if (code is not (Add or Subtract))
            _carry = false;
        (Accumulator, _zero) = (result, result == 0);
        return true;
    }

    private Step ReadMemory(Column column, uint into, ulong address)
    {
        Step step = column.Memory.Read(address & ~3UL, out ulong value);
        if (step == Step.Next)
            Put(column, into, value);
        return step;
    }

    /// <summary>A flag stands for all ones or zero.</summary>
    private readonly ulong Get(Column column, uint name) => name switch
    {
        < RegisterFile.GeneralCount => column.Registers.GetGeneral(name),
        SourceA => _a,
        SourceB => _b,
        AccumulatorName => Accumulator,
        ZeroName => _zero ? ulong.MaxValue : 0,
        CarryName => _carry ? ulong.MaxValue : 0,
        _ => 0,
    };

    private void Put(Column column, uint name, ulong value)
    {
        if (name < RegisterFile.GeneralCount)
            column.Registers.SetGeneral(name, value);
        else if (name == SourceA)
            _a = value;
        else if (name == SourceB)
            _b = value;
    }

    private static Step Unknown(Column column, uint code)
    {
        column.StepOver($"MI_MATH 0x{code:x3}");
        return Step.Next;
    }
}
