using System.Runtime.CompilerServices;

namespace XePt;

/// <summary>What an atomic access does with the word that it finds.</summary>
public enum GpuAtomicOperation : byte
{
    /// <summary>Adds the operand; overflow is cut off.</summary>
    Add,

    /// <summary>Puts the operand in its place.</summary>
    Exchange,

    /// <summary>Puts the operand in its place if it equals the comparand.</summary>
    CompareExchange,

    /// <summary>Keeps the smaller one, without sign.</summary>
    Min,

    /// <summary>Keeps the larger one, without sign.</summary>
    Max,

    /// <summary>Keeps the smaller one, with sign.</summary>
    SignedMin,

    /// <summary>Keeps the larger one, with sign.</summary>
    SignedMax,

    /// <summary>Keeps the bits that both have.</summary>
    And,

    /// <summary>Sets the bits of the operand.</summary>
    Or,

    /// <summary>Turns the bits of the operand round.</summary>
    Xor,
}

/// <summary>An atomic access: an operation on a word of 4 or 8 bytes.</summary>
public readonly record struct GpuAtomic
{
    private GpuAtomic(GpuAtomicOperation operation, int size, ulong operand, ulong comparand) =>
        (Operation, Size, Operand, Comparand) = (operation, size, operand, comparand);

    /// <summary>What it does.</summary>
    public GpuAtomicOperation Operation { get; }

    /// <summary>Bytes of the word: 4 or 8; 0 in the default value, which is none.</summary>
    public int Size { get; }

    /// <summary>The operand.</summary>
    public ulong Operand { get; }

    /// <summary>What <see cref="GpuAtomicOperation.CompareExchange"/> compares with.</summary>
    public ulong Comparand { get; }

    /// <summary>An operation on a word of 4 bytes.</summary>
    public static GpuAtomic On32(GpuAtomicOperation operation, uint operand, uint comparand = 0) =>
        new(operation, sizeof(uint), operand, comparand);

    /// <summary>An operation on a word of 8 bytes.</summary>
    public static GpuAtomic On64(GpuAtomicOperation operation, ulong operand, ulong comparand = 0) =>
        new(operation, sizeof(ulong), operand, comparand);

    /// <summary>What comes in the place of a word.</summary>
    public ulong Apply(ulong old) => Size == sizeof(uint) ? Apply32((uint)old) : Apply64(old);

    /// <summary>For example <c>Add 0x1 to 4 bytes</c>.</summary>
    public override string ToString() => Operation == GpuAtomicOperation.CompareExchange
        ? $"{Operation} 0x{Comparand:x} for 0x{Operand:x} in {Size} bytes" : $"{Operation} 0x{Operand:x} to {Size} bytes";

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ArgumentOutOfRangeException Unknown(GpuAtomicOperation operation) =>
        new(nameof(operation), operation, "no such operation");

    private uint Apply32(uint old)
    {
        uint operand = (uint)Operand;
        return Operation switch
        {
            GpuAtomicOperation.Add => old + operand,
            GpuAtomicOperation.Exchange => operand,
            GpuAtomicOperation.CompareExchange => old == (uint)Comparand ? operand : old,
            GpuAtomicOperation.Min => Math.Min(old, operand),
            GpuAtomicOperation.Max => Math.Max(old, operand),
            GpuAtomicOperation.SignedMin => (uint)Math.Min((int)old, (int)operand),
            GpuAtomicOperation.SignedMax => (uint)Math.Max((int)old, (int)operand),
            GpuAtomicOperation.And => old & operand,
            GpuAtomicOperation.Or => old | operand,
            GpuAtomicOperation.Xor => old ^ operand,
            _ => throw Unknown(Operation),
        };
    }

    private ulong Apply64(ulong old) => Operation switch
    {
        GpuAtomicOperation.Add => old + Operand,
        GpuAtomicOperation.Exchange => Operand,
        GpuAtomicOperation.CompareExchange => old == Comparand ? Operand : old,
        GpuAtomicOperation.Min => Math.Min(old, Operand),
        GpuAtomicOperation.Max => Math.Max(old, Operand),
        GpuAtomicOperation.SignedMin => (ulong)Math.Min((long)old, (long)Operand),
        GpuAtomicOperation.SignedMax => (ulong)Math.Max((long)old, (long)Operand),
        GpuAtomicOperation.And => old & Operand,
        GpuAtomicOperation.Or => old | Operand,
        GpuAtomicOperation.Xor => old ^ Operand,
        _ => throw Unknown(Operation),
    };
}
