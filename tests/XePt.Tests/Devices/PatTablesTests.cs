using System.Globalization;
using XePt.Devices;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Tests.Devices;

public class PatTablesTests
{
    [Fact]
    [Rule("PT-048")]
    [Rule("PT-049")]
    public void Sizes_and_default_indices_equal_the_table()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-049**");
        PatTable[] tables =
        [
            PatTables.Xe3pXpc, PatTables.Xe3, PatTables.Xe2Graphics2001, PatTables.Xe2,
            PatTables.XeLpg, PatTables.XeHpc, PatTables.XeLp, PatTables.XeLp,
        ];
        Assert.Equal(tables.Length + 1, rows.Count);
        foreach ((PatTable table, string[] row) in tables.Zip(rows))
        {
            Assert.Equal(
                row[2..].Select(cell => cell == "–" ? PatTable.InvalidIndex : uint.Parse(cell, CultureInfo.InvariantCulture)),
                [
                    (uint)table.Count, table.IndexNone, table.IndexWriteThrough, table.IndexWriteBack,
                    table.IndexNoneCompressed, table.IndexWriteBackCompressed,
                ]);
        }
    }

    [Fact]
    [Rule("PT-041")]
    [Rule("PT-050")]
    public void Tables_before_xe2_have_the_listed_values()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-050**");
        PatTable[] tables = [PatTables.XeLp, PatTables.XeHpc, PatTables.XeLpg];
        for (int column = 0; column < tables.Length; column++)
        {
            var listed = rows.Select(row => row[column + 1]).TakeWhile(cell => cell != "–").Select(ParseCell);
            Assert.Equal(listed, tables[column].Entries);
        }
    }

    [Fact]
    [Rule("PT-042")]
    [Rule("PT-043")]
    [Rule("PT-051")]
    public void Xe2_and_xe3_tables_have_the_listed_values()
    {
        List<string[]> rows = SpecTables.Below("03-page-tables.md", "**PT-051**");
        for (int index = 0; index < 32; index++)
        {
            string cell = rows[index % 8][(index / 8 * 2) + 1];
            string[] cells = index == 16 ? ["rsv", "0x20e / 2 c"] : [cell, cell];
            Assert.Equal(ParseCell(cells[0]), PatTables.Xe2.Entries[index]);
            Assert.Equal(ParseCell(cells[1]), PatTables.Xe3.Entries[index]);
        }

        Assert.Equal(PatTables.Xe2.Entries[..28], PatTables.Xe2Graphics2001.Entries);
    }

    [Fact]
    [Rule("PT-052")]
    public void Crescent_island_has_the_listed_values()
    {
        (uint Value, int Mode)[] low =
        [
            (0x000, 1), (0x002, 2), (0x003, 2), (0x03c, 1), (0x03e, 2), (0x030, 1), (0x032, 2), (0x033, 2), (0x00c, 1), (0x00e, 2),
            (0x00f, 2),
        ];
        (uint Value, int Mode)[] high =
        [
            (0x040, 1), (0x042, 2), (0x043, 2), (0x080, 1), (0x082, 2), (0x083, 2), (0x0c0, 1), (0x0c2, 2), (0x0c3, 2),
        ];
        var listed = low.Concat(Enumerable.Repeat((0u, 0), 12)).Concat(high)
            .Select(entry => new PatEntry(entry.Item1, (PatCoherency)entry.Item2, Compressed: false));
        Assert.Equal(listed, PatTables.Xe3pXpc.Entries);
    }

    [Fact]
    public void Tables_equal_the_list_of_the_user_api()
    {
        List<string[]> rows = SpecTables.Below("01-uapi.md", "### PAT indices per platform");
        PatTable[] tables =
        [
            PatTables.XeLp, PatTables.XeHpc, PatTables.XeLpg, PatTables.Xe2, PatTables.Xe2Graphics2001, PatTables.Xe3, PatTables.Xe3pXpc,
        ];
        Assert.Equal(tables.Length, rows.Count);
        List<int> oneWayOfXe2 = ParseIndices(rows[3][2]);
        List<int> compressedOfXe2 = ParseIndices(rows[3][3]);
        foreach ((PatTable table, string[] row) in tables.Zip(rows))
        {
            Assert.Equal(row[1].Split(' ')[0], table.Count.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(Listed(row[2], oneWayOfXe2), IndicesWhere(table, entry => entry.Coherency == PatCoherency.AtLeastOneWay));
            Assert.Equal(Listed(row[3], compressedOfXe2), IndicesWhere(table, entry => entry.Compressed));
            Assert.Equal(ParseIndices(row[4]), IndicesWhere(table, entry => entry.Coherency == PatCoherency.Reserved));
            Assert.Equal(row[5], $"{table.IndexWriteBack} / {table.IndexNone} / {table.IndexWriteThrough}");
        }

        static List<int> Listed(string cell, List<int> ofXe2) => cell switch
        {
            "as above below 28" => ofXe2.Where(index => index < 28).ToList(),
            "Xe2 list plus 16" => ofXe2.Append(16).Order().ToList(),
            _ => ParseIndices(cell),
        };
    }

    [Fact]
    [Rule("PT-044")]
    public void The_l3_policy_is_two_bits_of_the_value_and_transient_display_occurs_at_three_indices()
    {
        foreach (PatTable table in new[] { PatTables.Xe2, PatTables.Xe3 })
        {
            PatEntry[] entries = [.. table.Entries];
            Assert.Equal(
                [6, 11, 15], Enumerable.Range(0, entries.Length).Where(at => entries[at].L3Policy == PatL3Policy.TransientDisplay));
            Assert.All(entries, entry => Assert.Equal(
                entry.L3Policy,
                (entry.Value >> 4 & 3) switch
                {
                    0 => PatL3Policy.WriteBack,
                    1 => PatL3Policy.TransientDisplay,
                    _ => PatL3Policy.Uncached,
                }));
        }
    }

    [Fact]
    [Rule("PT-045")]
    public void An_index_outside_the_table_is_reserved_and_not_compressed()
    {
        Assert.Equal(PatCoherency.Reserved, PatTables.Xe2Graphics2001.CoherencyOf(28));
        Assert.Equal(PatCoherency.Reserved, PatTables.Xe2.CoherencyOf(uint.MaxValue));
        Assert.False(PatTables.Xe2.IsCompressed(uint.MaxValue));
        Assert.True(PatTables.Xe2.IsCompressed(12));
    }

    [Fact]
    [Rule("PT-020")]
    public void Largest_usable_index_of_each_platform() =>
        Assert.Equal(
            [3, 3, 3, 4, 7, 27, 31, 31, 31],
            new[]
            {
                XePlatforms.Tgl, XePlatforms.Dg1, XePlatforms.Dg2, XePlatforms.Mtl, XePlatforms.Pvc, XePlatforms.Bmg,
                XePlatforms.Lnl, XePlatforms.Ptl, XePlatforms.Cri,
            }.Select(platform => platform.Pat.Count - 1));

    [Fact]
    [Rule("PT-027")]
    [Rule("PT-028")]
    public void Directory_entries_use_the_uncached_index_unless_tables_are_cached()
    {
        Assert.Equal(0u, XePlatforms.AdlP.PdePat);
        Assert.Equal(3u, XePlatforms.Dg1.PdePat);
        Assert.Equal(0u, XePlatforms.Pvc.PdePat);
        Assert.Equal(2u, XePlatforms.Mtl.PdePat);
        Assert.All(XePlatforms.All, platform => Assert.InRange(platform.PdePat, 0u, 3u));
    }

    /// <summary>Low bits of a directory entry whose child is in cached system memory, in write-combined system memory, in VRAM. On discrete
    /// devices system memory is always cached.</summary>
    [Theory]
    [Rule("PT-022")]
    [Rule("PT-027")]
    [InlineData("tgl", 0x003, 0x01b, null)]
    [InlineData("rkl", 0x003, 0x01b, null)]
    [InlineData("adls", 0x003, 0x01b, null)]
    [InlineData("adlp", 0x003, 0x01b, null)]
    [InlineData("adln", 0x003, 0x01b, null)]
    [InlineData("dg1", 0x003, 0x003, 0x01b)]
    [InlineData("dg2", 0x003, 0x003, 0x01b)]
    [InlineData("dg2-g10", 0x003, 0x003, 0x01b)]
    [InlineData("atsm", 0x003, 0x003, 0x01b)]
    [InlineData("pvc", 0x01b, 0x01b, 0x003)]
    [InlineData("pvc-2t", 0x01b, 0x01b, 0x003)]
    [InlineData("mtl", 0x01b, 0x013, null)]
    [InlineData("arl", 0x01b, 0x013, null)]
    [InlineData("lnl", 0x013, 0x01b, null)]
    [InlineData("bmg", 0x013, 0x013, 0x01b)]
    [InlineData("ptl", 0x013, 0x01b, null)]
    [InlineData("wcl", 0x013, 0x01b, null)]
    [InlineData("nvls", 0x013, 0x01b, null)]
    [InlineData("cri", 0x013, 0x013, 0x01b)]
    public void Directory_entries_follow_where_the_child_table_is(string name, int cached, int combined, int? vram)
    {
        Assert.True(XePlatforms.TryGet(name, out PlatformInfo? platform));
        Assert.Equal((ulong)cached, Encode(inSystemMemory: true, CpuCaching.WriteBack));
        Assert.Equal((ulong)combined, Encode(inSystemMemory: true, CpuCaching.WriteCombined));
        Assert.Equal(platform.IsDiscrete, vram is not null);
        foreach (CpuCaching caching in vram is null ? [] : new[] { CpuCaching.WriteBack, CpuCaching.WriteCombined })
            Assert.Equal((ulong)vram!, Encode(inSystemMemory: false, caching));

        ulong Encode(bool inSystemMemory, CpuCaching caching) =>
            PteFormats.EncodePde(platform.FormatId, platform.PdePatFor(inSystemMemory, caching));
    }

    [Fact]
    public void Every_platform_is_in_the_list_of_directory_entries()
    {
        IEnumerable<object?> names = typeof(PatTablesTests).GetMethod(nameof(Directory_entries_follow_where_the_child_table_is))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(row => row.Data[0]);
        Assert.Equal(XePlatforms.All.Select(platform => (object?)platform.Name).Order(), names.Order());
    }

    private static List<int> IndicesWhere(PatTable table, Func<PatEntry, bool> condition) =>
        Enumerable.Range(0, table.Count).Where(index => condition(table.Entries[index])).ToList();

    /// <summary>A cell is "none", "3, 5, 7" or "16-19".</summary>
    private static List<int> ParseIndices(string cell)
    {
        if (cell == "none")
            return [];
        return cell.Split(", ").SelectMany(part =>
        {
            int[] ends = part.Split('-').Select(end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
            return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
        }).ToList();
    }

    /// <summary>A cell is "rsv", "0x3 WB / 2" or "0x61c / 1 c np XD": value, remark, slash, coherency mode, flags.</summary>
    private static PatEntry ParseCell(string cell)
    {
        if (cell == "rsv")
            return default;
        string[] halves = cell.Split('/');
        string[] right = halves[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        uint value = uint.Parse(halves[0].Split(' ')[0].AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return new PatEntry(value, (PatCoherency)int.Parse(right[0], CultureInfo.InvariantCulture), right.Contains("c"));
    }
}
