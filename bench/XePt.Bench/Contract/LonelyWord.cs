using System.Runtime.InteropServices;

namespace XePt.Bench.Contract;

/// <summary>A word that shares its cache lines with nothing.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct LonelyWord
{
    [FieldOffset(128)]
    public long Word;
}
