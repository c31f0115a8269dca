namespace XePt;

/// <summary>What mmap of a device file shows at an offset.</summary>
/// <param name="Bo">The BO.</param>
/// <param name="Offset">Bytes into it.</param>
public readonly record struct MmapPlace(XeBo Bo, ulong Offset)
{
    /// <summary>For example <c>bo 1+0x2000</c>.</summary>
    public override string ToString() => $"bo {Bo?.Handle}+0x{Offset:x}";
}
