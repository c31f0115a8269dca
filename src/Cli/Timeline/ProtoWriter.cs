using System.Text;

namespace XePt.Cli.Timeline;

/// <summary>Writes messages of protocol buffers: fields by number, nested messages behind their length.</summary>
internal sealed class ProtoWriter
{
    private const int VarintType = 0, BytesType = 2;

    private readonly MemoryStream _bytes = new();

    /// <summary>Writes a field that is a number, a bool or an enum.</summary>
    public ProtoWriter Number(int field, ulong value)
    {
        Varint((uint)field << 3 | VarintType);
        Varint(value);
        return this;
    }

    /// <summary>Writes a signed number that is not zigzag-coded.</summary>
    public ProtoWriter Signed(int field, long value) => Number(field, unchecked((ulong)value));

    /// <summary>Writes a text.</summary>
    public ProtoWriter Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a nested message.</summary>
    public ProtoWriter Message(int field, ProtoWriter message) =>
        Bytes(field, message._bytes.GetBuffer().AsSpan(0, (int)message._bytes.Length));

    /// <summary>Copies what was written.</summary>
    public void CopyTo(Stream stream) => _bytes.WriteTo(stream);

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Varint((uint)field << 3 | BytesType);
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.WriteByte((byte)(value | 0x80));
        _bytes.WriteByte((byte)value);
    }
}
