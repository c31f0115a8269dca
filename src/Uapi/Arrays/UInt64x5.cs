using System.Runtime.CompilerServices;

namespace XePt.Uapi;

/// <summary>5 reserved or padding words of 64 bits inside a uAPI struct.</summary>
[InlineArray(5)]
public struct UInt64x5
{
    private ulong _first;

    /// <summary>Whether every word is zero.</summary>
    public readonly bool IsZero => (this[0] | this[1] | this[2] | this[3] | this[4]) == 0;

    /// <summary>The words in brackets; nothing when all are zero.</summary>
    public override readonly string ToString() => Text.StructText.Of<ulong>(this);
}
