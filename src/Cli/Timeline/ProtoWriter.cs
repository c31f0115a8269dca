using System.Buffers;
using System.Text;

namespace XePt.Cli.Timeline;

/// <summary>Writes messages of protocol buffers: fields by number, nested messages behind their length.</summary>
internal sealed class ProtoWriter
{
    private const int VarintType = 0, BytesType = 2;

    private readonly ArrayBufferWriter<byte> _bytes = new();

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
    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message._bytes.WrittenSpan);

    /// <summary>Copies what was written.</summary>
    public void CopyTo(Stream stream) => stream.Write(_bytes.WrittenSpan);

    private ProtoWriter Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        Varint((uint)field << 3 | BytesType);
        Varint((ulong)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    private void Byte(byte value) => _bytes.Write([value]);

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            Byte((byte)(value | 0x80));
        Byte((byte)value);
    }
}
