namespace XePt;

/// <summary>A piece of memory that a buffer object is in.</summary>
/// <param name="Offset">Offset in the object.</param>
/// <param name="Address">Address, as entries name it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="IsDeviceMemory">The address is one of device memory, not of system memory.</param>
public readonly record struct BoPiece(ulong Offset, ulong Address, ulong Size, bool IsDeviceMemory)
{
    /// <summary>For example <c>0x10000 bytes from 0x0 at 0x4000 of device memory</c>.</summary>
    public override string ToString() =>
        $"0x{Size:x} bytes from 0x{Offset:x} at 0x{Address:x} of {(IsDeviceMemory ? "device" : "system")} memory";
}
