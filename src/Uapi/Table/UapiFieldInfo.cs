namespace XePt.Uapi;

/// <summary>One field of a struct.</summary>
/// <param name="CName">C name; members of an anonymous struct are written <c>outer.inner</c>.</param>
/// <param name="Offset">Byte offset in the struct.</param>
/// <param name="Size">Bytes; 0 for a flexible array.</param>
public readonly record struct UapiFieldInfo(string CName, int Offset, int Size)
{
    /// <summary>For example <c>vm_id at 8, 4 bytes</c>.</summary>
    public override string ToString() => $"{CName} at {Offset}, {Size} bytes";
}
