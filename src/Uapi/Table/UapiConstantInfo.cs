namespace XePt.Uapi;

/// <summary>One number of the uAPI.</summary>
/// <param name="CName">C name.</param>
/// <param name="Value">The value; negative values as 64-bit two's complement.</param>
public readonly record struct UapiConstantInfo(string CName, ulong Value)
{
    /// <summary>Name and value, hexadecimal.</summary>
    public override string ToString() => $"{CName} = 0x{Value:x}";
}
