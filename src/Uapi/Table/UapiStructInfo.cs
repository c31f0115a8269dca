namespace XePt.Uapi;

/// <summary>One struct of the uAPI.</summary>
/// <param name="CName">C name.</param>
/// <param name="Size">Bytes, without a flexible array.</param>
/// <param name="Fields">The fields in declaration order.</param>
public sealed record UapiStructInfo(string CName, int Size, IReadOnlyList<UapiFieldInfo> Fields)
{
    /// <summary>Name, size and fields.</summary>
    public override string ToString() => $"{CName}, {Size} bytes: {string.Join("; ", Fields)}";
}
