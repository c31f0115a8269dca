using CsCheck;
using XePt.Uapi.Formats;

namespace XePt.Tests.Formats;

/// <summary>Encoding and decoding undo each other, for every format, level and kind of table.</summary>
[Rule("PT-017")]
[Rule("PT-021")]
public class PteRoundTripTests
{
    private const int HighestLeaf = 2;
    private const int HighestLevel = 4;

    private static readonly Gen<PteFormatId> GenFormat = Gen.Enum<PteFormatId>();

    [Fact]
    public void Decoding_an_encoded_leaf_gives_what_was_encoded() =>
        Gen.Select(GenFormat, Gen.Int[0, HighestLeaf], Gen.Bool, Gen.UInt[0, 31], Gen.ULong, Gen.Bool, Gen.Bool)
            .Sample((id, level, compactTable, pat, any, isReadOnly, isNull) =>
            {
                ulong template = PteFormats.EncodeLeaf(id, level, pat, isReadOnly, isNull);
                ulong possible = PteFormats.Decode(id, level, compactTable, template).DeclaredBits;
                ulong address = any & PteFormats.LeafAddressMask(id, level, compactTable);
                ulong flags = any & possible & (PteFormats.DeviceMemory | PteFormats.AtomicEnable | PteFormats.Ps64);

                DecodedPte entry = PteFormats.Decode(id, level, compactTable, template | address | flags);

                Assert.True(entry.IsLeaf);
                Assert.True(entry.Present);
                Assert.Equal(0UL, entry.UnexpectedBits);
                Assert.Equal(address, entry.Address);
                Assert.Equal(PteFormats.PatBits(id, level, pat), PteFormats.PatBits(id, level, entry.PatIndex));
                Assert.Equal(!isReadOnly, entry.Writable);
                Assert.Equal(isNull, entry.IsNull);
                Assert.Equal(flags, FlagsOf(entry));
            });

    [Fact]
    public void Encoding_a_decoded_entry_gives_its_declared_bits_back() =>
        Gen.Select(GenFormat, Gen.Int[0, HighestLevel], Gen.Bool, Gen.ULong).Sample((id, level, compactTable, any) =>
        {
            ulong raw = any | PteFormats.Present;
            DecodedPte entry = PteFormats.Decode(id, level, compactTable, raw);
            ulong encoded = entry.IsLeaf
                ? PteFormats.EncodeLeaf(id, level, entry.PatIndex, !entry.Writable, entry.IsNull)
                : PteFormats.EncodePde(id, entry.PatIndex) & (entry.Writable ? ulong.MaxValue : ~PteFormats.Writable);
            Assert.Equal(raw & entry.DeclaredBits, encoded | entry.Address | FlagsOf(entry));
            Assert.Equal(raw & ~entry.DeclaredBits, entry.UnexpectedBits);
        });

    [Fact]
    public void Fields_of_the_layout_add_up_to_the_entry() =>
        Gen.Select(GenFormat, Gen.Int[0, HighestLevel], Gen.Bool, Gen.ULong).Sample((id, level, compactTable, raw) =>
        {
            PteLayout layout = PteFormats.LayoutOf(id, PteFormats.KindOf(id, level, compactTable, raw));
            ulong sum = 0;
            foreach (PteField field in layout.Fields)
                sum |= field.Role == PteRole.Address ? field.ValueIn(raw) : field.ValueIn(raw) << field.Low;
            Assert.Equal(raw, sum);
        });

    private static ulong FlagsOf(in DecodedPte entry) =>
        (entry.DeviceMemory ? PteFormats.DeviceMemory : 0) |
        (entry.AtomicEnable ? PteFormats.AtomicEnable : 0) |
        (entry.Ps64 ? PteFormats.Ps64 : 0) |
        (entry.IsCompactPde ? PteFormats.Pde64K : 0);
}
