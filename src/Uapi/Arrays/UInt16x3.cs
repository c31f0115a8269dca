using System.Runtime.CompilerServices;

namespace XePt.Uapi;

/// <summary>3 reserved or padding words of 16 bits inside a uAPI struct.</summary>
[InlineArray(3)]
public struct UInt16x3
{
    private ushort _first;

    /// <summary>Whether every word is zero.</summary>
    public readonly bool IsZero => (this[0] | this[1] | this[2]) == 0;

    /// <summary>The words in brackets; nothing when all are zero.</summary>
    public override readonly string ToString() => Text.StructText.Of<ushort>(this);
}
