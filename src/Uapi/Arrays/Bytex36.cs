using System.Runtime.CompilerServices;
using System.Text;

namespace XePt.Uapi;

/// <summary>36 characters of text inside a uAPI struct, without an end mark.</summary>
[InlineArray(36)]
public struct Bytex36
{
    private byte _first;

    /// <summary>The text up to the first zero.</summary>
    public override readonly string ToString()
    {
        ReadOnlySpan<byte> bytes = this;
        int end = bytes.IndexOf((byte)0);
        return Encoding.ASCII.GetString(end < 0 ? bytes : bytes[..end]);
    }
}
