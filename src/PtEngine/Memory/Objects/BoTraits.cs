using XePt.Uapi;

namespace XePt;

/// <summary>What a buffer object is for all of its life.</summary>
/// <param name="Size">Bytes, whole pages.</param>
/// <param name="Placements">Mask of the memory regions it may live in.</param>
/// <param name="CpuCaching">How CPUs cache it; 0 for one that was imported.</param>
/// <param name="IsPrivate">One VM alone may map it: nobody can export it.</param>
public readonly record struct BoTraits(ulong Size, uint Placements, CpuCaching CpuCaching, bool IsPrivate)
{
    /// <summary>For example <c>0x200000 bytes in regions 0x3</c>.</summary>
    public override string ToString() => $"0x{Size:x} bytes in regions 0x{Placements:x}";
}
