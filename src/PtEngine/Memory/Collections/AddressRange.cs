namespace XePt;

/// <summary>The addresses <c>[Start, End)</c>: what every member that takes an interval of addresses takes.</summary>
/// <param name="Start">First address.</param>
/// <param name="End">End, exclusive.</param>
public readonly record struct AddressRange(ulong Start, ulong End)
{
    /// <summary>The addresses of <paramref name="size"/> bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">They would not end below 2^64.</exception>
    public static AddressRange OfSize(ulong start, ulong size) =>
        size <= ulong.MaxValue - start
            ? new AddressRange(start, start + size)
            : throw new ArgumentOutOfRangeException(nameof(size), $"0x{size:x} bytes from 0x{start:x} do not end below 2^64");

    /// <summary>Bytes; 0 also when the end is before the start.</summary>
    public ulong Size => IsEmpty ? 0 : End - Start;

    /// <summary>No address is in it.</summary>
    public bool IsEmpty => Start >= End;

    /// <summary>An address is in it.</summary>
    public bool Contains(ulong address) => address >= Start && address < End;

    /// <summary>All addresses of another one are in it.</summary>
    public bool Contains(AddressRange other) => other.IsEmpty || (other.Start >= Start && other.End <= End);

    /// <summary>They have an address in common.</summary>
    public bool Overlaps(AddressRange other) => !IsEmpty && !other.IsEmpty && other.Start < End && Start < other.End;

    /// <summary>For example <c>[0x200000, 0x400000)</c>.</summary>
    public override string ToString() => $"[0x{Start:x}, 0x{End:x})";
}
