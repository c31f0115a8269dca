namespace XePt.Generators.Common;

/// <summary>Constants as the compiler hands them out, widened to 64 bits.</summary>
internal static class ConstantValues
{
    /// <summary>The value of an integer constant of any type; negative values become 64-bit two's complement.</summary>
    public static ulong ToUInt64(object value) => value is ulong unsigned ? unsigned : unchecked((ulong)Convert.ToInt64(value));
}
