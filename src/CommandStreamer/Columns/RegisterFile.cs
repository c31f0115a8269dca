namespace XePt.Streaming;

/// <summary>The registers of one context, which its jobs find as the jobs before have left them: those of its engine, and others by their
/// address. What is not modelled is memory: it reads as it was written.</summary>
internal sealed class RegisterFile(uint engineBase, StreamClock clock)
{
    /// <summary>Offsets of registers inside an engine's.</summary>
    public const uint Timestamp = 0x358, TimestampHigh = 0x35c, CtxTimestamp = 0x3a8, CtxTimestampHigh = 0x3ac;

    /// <summary>Offsets of those of predicates.</summary>
    public const uint SetPredicateResult = 0x3b8, PredicateResult2 = 0x3bc, PredicateSource0 = 0x400, PredicateSource1 = 0x408,
        PredicateData = 0x410, PredicateResult = 0x418, PredicateResult1 = 0x41c;

    /// <summary>Offset of the first general register, and how many there are, of 8 bytes each.</summary>
    public const uint General = 0x600;

    /// <inheritdoc cref="General"/>
    public const int GeneralCount = 16;

    // Of auxiliary tables of compression, a bit each that asks to look at them anew and is clear again when that is done: of the render
    // engine, two video decoders, the video enhancer, the copy engine and the compute engine. No such table is looked at here.
    private static ReadOnlySpan<uint> AuxInvalidations => [0x4208, 0x4218, 0x4228, 0x4238, 0x4248, 0x42c8];

    // Registers of others that one context may write; hostile batches write more.
    private const int MostOthers = 4096;

    private readonly uint[] _own = new uint[EngineBases.Size / sizeof(uint)];
    private Dictionary<uint, uint>? _others;

    /// <summary>Changes whenever a register is written.</summary>
    public long Writes { get; private set; }

    /// <summary>Following commands do nothing (MI_SET_PREDICATE).</summary>
    public bool IsPredicated
    {
        get => (_own[SetPredicateResult / sizeof(uint)] & 1) != 0;
        set => _own[SetPredicateResult / sizeof(uint)] = value ? 1u : 0;
    }

    /// <summary>A register of the engine, by offset.</summary>
    public uint this[uint offset]
    {
        get => offset switch
        {
            Timestamp => (uint)clock.Ticks,
            TimestampHigh => (uint)(clock.Ticks >> 32),
            CtxTimestamp => (uint)clock.ContextTicks,
            CtxTimestampHigh => (uint)(clock.ContextTicks >> 32),
            _ => _own[offset / sizeof(uint)],
        };
        set
        {
            Writes++;
            if (offset != SetPredicateResult)
                _own[offset / sizeof(uint)] = value;
        }
    }

    /// <summary>A general register.</summary>
    public ulong GetGeneral(uint number) => GetWide(General + (number * sizeof(ulong)));

    /// <inheritdoc cref="GetGeneral"/>
    public void SetGeneral(uint number, ulong value)
    {
        this[General + (number * sizeof(ulong))] = (uint)value;
        this[General + (number * sizeof(ulong)) + sizeof(uint)] = (uint)(value >> 32);
    }

    /// <summary>A register of 8 bytes.</summary>
    public ulong GetWide(uint offset) => this[offset] | ((ulong)this[offset + sizeof(uint)] << 32);

    /// <summary>Reads what an instruction names.</summary>
    /// <param name="address">Dword 1 of it, say: bits 22 to 2.</param>
    /// <param name="isRelative">The address is an offset in the engine's registers.</param>
    /// <param name="isRemapped">Addresses of the render engine mean the engine's own.</param>
    public uint Read(uint address, bool isRelative, bool isRemapped = false)
    {
        if (IsOwn(ref address, isRelative, isRemapped))
            return this[address];
        // Every engine of a device counts the same time.
        if (EngineBases.TryFind(address, out uint offset) && offset is Timestamp or TimestampHigh)
            return this[offset];
        return _others is not null && _others.TryGetValue(address, out uint value) ? value : 0;
    }

    /// <summary>Writes what an instruction names, as <see cref="Read"/>.</summary>
    public void Write(uint address, uint value, bool isRelative, bool isRemapped = false)
    {
        if (IsOwn(ref address, isRelative, isRemapped))
        {
            this[address] = value;
            return;
        }

        Writes++;
        _others ??= [];
        if (_others.Count < MostOthers || _others.ContainsKey(address))
            _others[address] = AuxInvalidations.Contains(address) ? value & ~1u : value;
    }

    private bool IsOwn(ref uint address, bool isRelative, bool isRemapped)
    {
        address &= 0x7f_fffc;
        uint offset = isRelative ? address : isRemapped && address - EngineBases.Render < EngineBases.Size
            ? address - EngineBases.Render : address - engineBase;
        if (offset >= EngineBases.Size)
        {
            address = isRelative ? address + engineBase : address;
            return false;
        }

        address = offset;
        return true;
    }
}
