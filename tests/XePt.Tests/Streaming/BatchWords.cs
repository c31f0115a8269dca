namespace XePt.Tests.Streaming;

/// <summary>Builds a batch, dword by dword, with the encodings of specification 05 section 5 written out here once more.</summary>
internal sealed class BatchWords
{
    /// <summary>Offsets of registers inside an engine's.</summary>
    public const uint Timestamp = 0x358, CtxTimestamp = 0x3a8, Result2 = 0x3bc, Source0 = 0x400, Source1 = 0x408, Delta = 0x410,
        Result = 0x418, Result1 = 0x41c;

    private readonly List<uint> _words = [];

    public ReadOnlySpan<uint> Words => _words.ToArray();

    public int Bytes => _words.Count * sizeof(uint);

    public static uint General(int number) => 0x600u + (8 * (uint)number);

    public BatchWords Add(params ReadOnlySpan<uint> words)
    {
        _words.AddRange(words);
        return this;
    }

    public BatchWords Noop() => Add(0);

    public BatchWords End() => Add(0x0500_0000);

    public BatchWords Store(ulong va, uint value) => Add(0x1000_0002, (uint)va, (uint)(va >> 32), value);

    public BatchWords Store(ulong va, ulong value) =>
        Add(0x1020_0003, (uint)va, (uint)(va >> 32), (uint)value, (uint)(value >> 32));

    /// <summary>MI_LOAD_REGISTER_IMM, relative to the engine.</summary>
    public BatchWords Load(uint register, uint value) => Add(0x1108_0001, register, value);

    public BatchWords LoadGeneral(int number, ulong value) =>
        Load(General(number), (uint)value).Load(General(number) + 4, (uint)(value >> 32));

    /// <summary>MI_LOAD_REGISTER_MEM, relative to the engine.</summary>
    public BatchWords LoadFrom(uint register, ulong va) => Add(0x1488_0002, register, (uint)va, (uint)(va >> 32));

    public BatchWords LoadGeneralFrom(int number, ulong va) => LoadFrom(General(number), va).LoadFrom(General(number) + 4, va + 4);

    /// <summary>MI_STORE_REGISTER_MEM, relative to the engine.</summary>
    public BatchWords StoreRegister(uint register, ulong va, bool isPredicated = false) =>
        Add(0x1208_0002 | (isPredicated ? 1u << 21 : 0), register, (uint)va, (uint)(va >> 32));

    public BatchWords StoreGeneral(int number, ulong va) => StoreRegister(General(number), va).StoreRegister(General(number) + 4, va + 4);

    public BatchWords Math(params ReadOnlySpan<uint> operations) => Add(0x0d00_0000 | ((uint)operations.Length - 1)).Add(operations);

    public BatchWords CopyDword(ulong to, ulong from) => Add(0x1700_0003, (uint)to, (uint)(to >> 32), (uint)from, (uint)(from >> 32));

    /// <summary>MI_BATCH_BUFFER_START.</summary>
    public BatchWords Jump(ulong to, bool isSecondLevel = false, bool isPredicated = false) =>
        Add(0x1880_0101 | (isSecondLevel ? 1u << 22 : 0) | (isPredicated ? 1u << 15 : 0), (uint)to, (uint)(to >> 32));

    /// <summary>MI_CONDITIONAL_BATCH_BUFFER_END: goes on if memory compares.</summary>
    public BatchWords EndUnless(ulong va, uint comparison, uint data, uint flags = 0) =>
        Add(0x1b20_0002 | (comparison << 12) | flags, data, (uint)va, (uint)(va >> 32));

    /// <summary>MI_SEMAPHORE_WAIT, polling.</summary>
    public BatchWords Wait(ulong va, uint comparison, uint data) =>
        Add(0x0e00_8002 | (comparison << 12), data, (uint)va, (uint)(va >> 32));

    public BatchWords Predicate(uint load, uint combine, uint compare) => Add(0x0600_0000 | (load << 6) | (combine << 3) | compare);

    public BatchWords SetPredicate(uint when) => Add(0x0080_0000 | when);

    /// <summary>Writes that it has begun, and loops until the end word is zero, as test programs spin.</summary>
    public static BatchWords Spinner(ulong at, ulong started, ulong end)
    {
        BatchWords words = new BatchWords().Store(started, 0xc0ffeeu);
        ulong loop = at + (ulong)words.Bytes;
        return words.Add(0x0280_0000).EndUnless(end, 0, 0).Jump(loop);
    }
}

/// <summary>Operations of MI_MATH.</summary>
internal static class Alu
{
    public const uint A = 0x20, B = 0x21, Accumulator = 0x31, Zero = 0x32, Carry = 0x33;

    public const uint LoadCode = 0x080, LoadInverted = 0x480, Load0 = 0x081, Load1 = 0x481, LoadIndirect = 0x082, Add = 0x100,
        Subtract = 0x101, And = 0x102, Or = 0x103, Xor = 0x104, ShiftLeft = 0x105, ShiftRight = 0x106, ShiftRightSigned = 0x107,
        StoreCode = 0x180, StoreInverted = 0x580, StoreIndirect = 0x181;

    public static uint Of(uint code, uint first = 0, uint second = 0) => (code << 20) | (first << 10) | second;

    public static uint Load(uint into, uint register) => Of(LoadCode, into, register);

    public static uint Store(uint register, uint from) => Of(StoreCode, register, from);
}
