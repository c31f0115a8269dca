namespace XePt.Native;

/// <summary>The version of the ABI.</summary>
internal static class AbiVersion
{
    /// <summary>In the name of the library: programs have to be compiled anew when it rises.</summary>
    public const uint Major = 1;

    /// <summary>Rises when functions, constants or fields at the ends of structs that have a size are added.</summary>
    public const uint Minor = 8;

    /// <summary>Both in one number.</summary>
    public const uint Current = (Major << 16) | Minor;
}
