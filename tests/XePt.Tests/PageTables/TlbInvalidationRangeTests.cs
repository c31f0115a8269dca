using System.Globalization;
using System.Numerics;
using CsCheck;
using XePt.Tests.Devices;
using XePt.Tlb;

namespace XePt.Tests.PageTables;

/// <summary>The interval a ranged TLB invalidation names (PT-180, PT-181), against the vectors of PT-188.</summary>
public class TlbInvalidationRangeTests
{
    [Fact]
    [Rule("PT-181")]
    [Rule("PT-182")]
    [Rule("PT-188")]
    public void Vectors_of_the_specification_hold()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-188**");
        Assert.Equal(13, rows.Count);
        foreach (string[] row in rows)
        {
            var range = TlbInvalidationRange.Covering(Hex(row[0]), Hex(row[1]), hasRanges: true);
            Assert.Equal(new TlbInvalidationRange(Hex(row[2]), Hex(row[3])), range);
            Assert.Equal(uint.Parse(row[4], CultureInfo.InvariantCulture), range.SizeWord);
        }
    }

    [Fact]
    [Rule("PT-181")]
    public void The_interval_is_an_aligned_power_of_two_that_covers_what_was_asked_for()
    {
        Gen.Select(Gen.ULong[0, 1ul << 45], Gen.Int[0, 45], Gen.ULong).Sample((startPage, bits, any) =>
        {
            ulong start = startPage << 12;
            ulong length = ((any & ((1ul << bits) - 1)) + 1) << 12;
            var range = TlbInvalidationRange.Covering(start, start + length, hasRanges: true);

            Assert.True(BitOperations.IsPow2(range.Length));
            Assert.Equal(0ul, range.Start & (range.Length - 1));
            Assert.InRange(start, range.Start, range.Start + range.Length - 1);
            Assert.InRange(start + length, range.Start, range.Start + range.Length);
            Assert.True(range.Length is < (2ul << 20) or >= (16ul << 20));
            Assert.Equal(range.Length, 4096ul << (int)range.SizeWord);
        });
    }

    [Fact]
    [Rule("PT-179")]
    public void An_inclusive_end_names_the_same_interval_as_the_exclusive_one()
    {
        Gen.Select(Gen.ULong[0, 1ul << 45], Gen.ULong[1, 1ul << 30]).Sample((startPage, pages) =>
        {
            ulong start = startPage << 12, end = (startPage + pages) << 12;
            Assert.Equal(
                TlbInvalidationRange.Covering(start, end, hasRanges: true), TlbInvalidationRange.Covering(start, end - 1, hasRanges: true));
        });
    }

    [Theory]
    [Rule("PT-180")]
    [InlineData(0x1000, 0x2000, false, true)]
    [InlineData(0x1000, 0x2000, true, false)]
    [InlineData(0, 0x8000000000000000, true, false)]
    [InlineData(0, 0x8000000000000001, true, true)]
    [InlineData(0x1000, ulong.MaxValue, true, true)]
    public void Everything_is_invalidated_without_range_support_or_beyond_half_the_space(
        ulong start, ulong end, bool hasRanges, bool isFull) =>
        Assert.Equal(isFull, TlbInvalidationRange.Covering(start, end, hasRanges).IsFull);

    private static ulong Hex(string text) => ulong.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
