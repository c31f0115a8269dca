using System.Buffers.Binary;

namespace XePt.Cli.Input;

/// <summary>The check sum of gzip data (RFC 1952 section 8), eight bytes at a time.</summary>
internal static class Crc32
{
    private const int Slices = 8;
    private const uint Polynomial = 0xedb8_8320;

    private static readonly uint[][] s_tables = MakeTables();

    /// <summary>The check sum of what <paramref name="check"/> is that of, with bytes behind it; begin with 0.</summary>
    public static uint Append(uint check, ReadOnlySpan<byte> bytes)
    {
        uint[][] tables = s_tables;
        check = ~check;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ check;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(uint)..]);
            check = tables[7][(byte)low] ^ tables[6][(byte)(low >> 8)] ^ tables[5][(byte)(low >> 16)] ^ tables[4][low >> 24]
                ^ tables[3][(byte)high] ^ tables[2][(byte)(high >> 8)] ^ tables[1][(byte)(high >> 16)] ^ tables[0][high >> 24];
        }

        foreach (byte value in bytes)
            check = tables[0][(byte)(check ^ value)] ^ (check >> 8);
        return ~check;
    }

    /// <summary>Table n has the effect of a byte that n others follow.</summary>
    private static uint[][] MakeTables()
    {
        uint[][] tables = [.. Enumerable.Range(0, Slices).Select(_ => new uint[256])];
        for (uint value = 0; value < 256; value++)
        {
            uint check = value;
            for (int bit = 0; bit < 8; bit++)
                check = (check >> 1) ^ ((check & 1) * Polynomial);
            tables[0][value] = check;
        }

        for (int slice = 1; slice < Slices; slice++)
        {
            for (int value = 0; value < 256; value++)
                tables[slice][value] = (tables[slice - 1][value] >> 8) ^ tables[0][(byte)tables[slice - 1][value]];
        }

        return tables;
    }
}
