using XePt.Uapi.Formats;

namespace XePt.Tests.Formats;

public class PteTextTests
{
    [Theory]
    [InlineData(0, false, 0x4000000000abc983UL, "4K leaf 0xabc000 present writable pat=12 ps64 device")]
    [InlineData(1, false, 0x0000000100000c93UL, "2M leaf 0x100000000 present writable pat=2 atomic device")]
    [InlineData(2, false, 0x0000000000000281UL, "1G leaf 0x0 present read-only pat=0 null")]
    [InlineData(0, true, 0x0000000080010803UL, "64K leaf 0x80010000 present writable pat=0 device")]
    [InlineData(1, false, 0x000000010000205bUL, "directory 0x100002000 present writable pat=3 compact")]
    [InlineData(4, false, 0x000000010000281bUL, "directory 0x100002000 present writable pat=3 unexpected=0x800")]
    [InlineData(3, false, 0x0000000000001002UL, "directory 0x1000 not-present writable pat=0")]
    [InlineData(2, false, 0UL, "empty")]
    public void An_entry_reads_as_one_line(int level, bool compactTable, ulong raw, string line) =>
        Assert.Equal(line, PteFormats.Decode(PteFormatId.Xe2, level, compactTable, raw).ToString());

    [Fact]
    public void A_text_that_does_not_fit_is_refused()
    {
        DecodedPte entry = PteFormats.Decode(PteFormatId.Xe2, 1, compactTable: false, 0xc93);
        int length = entry.ToString().Length;
        Assert.True(entry.TryFormat(new char[length], out int written));
        Assert.Equal(length, written);
        for (int size = 0; size < length; size++)
        {
            Assert.False(entry.TryFormat(new char[size], out written));
            Assert.Equal(0, written);
        }
    }

    [Fact]
    public void The_longest_texts_fit_their_buffers()
    {
        foreach (PteFormatId id in Enum.GetValues<PteFormatId>())
        {
            for (int level = 0; level <= 4; level++)
            {
                Assert.NotEmpty(PteFormats.Decode(id, level, compactTable: false, ulong.MaxValue).ToString());
                Assert.EndsWith("\n", PteFormats.Describe(id, level, compactTable: false, ulong.MaxValue), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_description_lists_each_field_with_bits_value_meaning_and_rule()
    {
        const string expected =
            """
            0x0000000100000c93  Xe2 level 1: 2M leaf 0x100000000 present writable pat=2 atomic device
              0      XE_PAGE_PRESENT         0x1              valid                                     PT-016
              1      XE_PAGE_RW              0x1              writable                                  PT-024
              3      XE_PPGTT_PTE_PAT0       0x0              bit 0 of the PAT index                    PT-021
              4      XE_PPGTT_PTE_PAT1       0x1              bit 1 of the PAT index                    PT-021
              7      XE_PDE_PS_2M            0x1              huge leaf                                 PT-023
              9      XE_PTE_NULL             0x0              backed by memory                          PT-024
              10     XE_USM_PPGTT_PTE_AE     0x1              device atomics enabled                    PT-034
              11     XE_PPGTT_PTE_DM         0x1              device memory                             PT-031
              12     XE_PPGTT_PDE_PDPE_PAT2  0x0              bit 2 of the PAT index                    PT-021
              21-51  address                 0x100000000      address                                   PT-016
              61     XE2_PPGTT_PTE_PAT4      0x0              bit 4 of the PAT index                    PT-021
              62     XELPG_PPGTT_PTE_PAT3    0x0              bit 3 of the PAT index                    PT-021

            """;
        Assert.Equal(
            expected, PteFormats.Describe(PteFormatId.Xe2, 1, compactTable: false, 0x100000c93), ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_description_shows_reserved_bits_only_when_they_are_set()
    {
        string clean = PteFormats.Describe(PteFormatId.XeLp, 0, compactTable: false, 0x12345003);
        string dirty = PteFormats.Describe(PteFormatId.XeLp, 0, compactTable: false, 0x12345083);
        Assert.DoesNotContain("reserved", clean, StringComparison.Ordinal);
        Assert.Contains("never set by the driver", dirty, StringComparison.Ordinal);
    }

    [Fact]
    public void Describing_and_formatting_allocate_nothing()
    {
        char[] text = new char[4096];
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            PteFormats.TryDescribe(PteFormatId.Xe2, 1, compactTable: false, 0x100000c93, text, out _);
            PteFormats.Decode(PteFormatId.Xe2, 1, compactTable: false, 0x100000c93).TryFormat(text, out _);
        }
    }
}
