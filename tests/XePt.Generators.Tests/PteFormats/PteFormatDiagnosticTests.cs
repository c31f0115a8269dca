using XePt.Generators.PteFormats;

namespace XePt.Generators.Tests.PteFormats;

public class PteFormatDiagnosticTests
{
    [Theory]
    [InlineData("public readonly struct SampleFormat")]
    [InlineData("public readonly partial struct SampleFormat<T>")]
    public void XEPT0501_format_cannot_be_extended(string declaration) =>
        RunBroken(null, "public readonly partial struct SampleFormat", declaration).AssertDiagnostic("XEPT0501", "SampleFormat");

    [Theory]
    [InlineData("52, 64")]
    [InlineData("-1, 63")]
    [InlineData("63, 52")]
    public void XEPT0502_bits_outside_the_entry(string bits)
    {
        var message = RunBroken("Leaf4K", "52, 63", bits)
            .AssertDiagnostic("XEPT0502", $"PteField(Leaf4K, \"reserved\", {bits}, MustBeZero, \"PT-016\")");
        Assert.StartsWith(
            "'reserved' has the bits " + bits.Replace(",", " to", StringComparison.Ordinal), message, StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0503_role_that_the_generator_does_not_know() =>
        RunBroken("Leaf4K", "0, Present", "0, (XePt.Uapi.Formats.PteRole)200")
            .AssertDiagnostic("XEPT0503", "PteField(Leaf4K, \"P\", 0, (XePt.Uapi.Formats.PteRole)200, \"PT-016\")");

    [Theory]
    [InlineData("Leaf4K", "Pde64K")]
    [InlineData("Leaf4K", "PageSize")]
    [InlineData("Leaf64K", "Ps64")]
    [InlineData("Leaf2M", "Ps64")]
    [InlineData("DirectoryL1", "DeviceMemory")]
    [InlineData("DirectoryL1", "PageSize")]
    [InlineData("Directory", "Pde64K")]
    [InlineData("Directory", "Pat2")]
    public void XEPT0504_role_in_an_entry_that_cannot_have_it(string kind, string role)
    {
        var message = RunBroken(kind, "\"reserved\", 2, MustBeZero", $"\"X\", 2, {role}")
            .AssertDiagnostic("XEPT0504", $"PteField({kind}, \"X\", 2, {role}, \"PT-016\")");
        Assert.Equal($"'X' declares {role}, which does not exist in {kind}", message);
    }

    [Theory]
    [InlineData("8, Ps64", "8, 9, Ps64", "PteField(Leaf4K, \"PS64\", 8, 9, Ps64, \"PT-079\")")]
    [InlineData("4, Pat1", "4, 5, Pat1", "PteField(Leaf4K, \"PAT1\", 4, 5, Pat1, \"PT-021\")")]
    public void XEPT0505_flag_of_several_bits(string correct, string broken, string at) =>
        RunBroken("Leaf4K", correct, broken).AssertDiagnostic("XEPT0505", at);

    [Fact]
    public void XEPT0506_address_in_two_pieces()
    {
        var message = RunBroken("Directory", "\"reserved\", 52, 63, MustBeZero, \"PT-022\"", "\"high\", 52, 63, Address, \"PT-022\"")
            .AssertDiagnostic("XEPT0506", "PteField(Directory, \"high\", 52, 63, Address, \"PT-022\")");
        Assert.Equal("Directory declares Address twice; a field is one contiguous run of bits", message);
    }

    [Fact]
    public void XEPT0507_fields_overlap()
    {
        var message = RunBroken("Leaf4K", "52, 63", "51, 63")
            .AssertDiagnostic("XEPT0507", "PteField(Leaf4K, \"reserved\", 51, 63, MustBeZero, \"PT-016\")");
        Assert.Equal("'reserved' overlaps 'address' in Leaf4K", message);
    }

    [Fact]
    public void XEPT0507_own_field_overlaps_one_taken_over()
    {
        var message = RunBroken("Leaf4K", "8, Ps64", "9, Ps64")
            .AssertDiagnostic("XEPT0507", "PteField(Leaf4K, \"PS64\", 9, Ps64, \"PT-079\")");
        Assert.Equal("'PS64' overlaps 'NULL' in Leaf4K", message);
    }

    [Fact]
    public void XEPT0508_bits_do_not_sum_to_64()
    {
        var message = RunBroken("Leaf4K", "52, 63", "54, 62").AssertDiagnostic("XEPT0508", "SampleFormat");
        Assert.Equal("Leaf4K declares 61 of 64 bits; undeclared: 52, 53, 63", message);
    }

    [Theory]
    [InlineData("Leaf4K", "0, Present", "Present")]
    [InlineData("Directory", "1, Writable", "Writable")]
    [InlineData("Leaf64K", "9, Null", "Null")]
    [InlineData("Leaf2M", "7, PageSize", "PageSize")]
    [InlineData("Leaf1G", "30, 51, Address", "Address")]
    public void XEPT0509_entry_without_a_role_that_it_needs(string kind, string field, string role)
    {
        var message = RunBroken(kind, field, field.Replace(role, "MustBeZero", StringComparison.Ordinal))
            .AssertDiagnostic("XEPT0509", "SampleFormat");
        Assert.Equal($"{kind} does not declare {role}", message);
    }

    [Theory]
    [InlineData("Leaf4K", "12", "address\", 13, 51, Address, \"PT-016\")][PteField(Leaf4K, \"reserved\", 12, MustBeZero")]
    [InlineData("Leaf64K", "16", "address\", 17, 51, Address, \"PT-016\")][PteField(Leaf64K, \"reserved\", 16, MustBeZero")]
    [InlineData("Leaf2M", "21", "address\", 22, 51, Address, \"PT-016\")][PteField(Leaf2M, \"reserved\", 21, MustBeZero")]
    [InlineData("Leaf1G", "30", "address\", 31, 51, Address, \"PT-016\")][PteField(Leaf1G, \"reserved\", 30, MustBeZero")]
    public void XEPT0510_address_not_aligned_to_the_page(string kind, string shift, string broken)
    {
        var message = RunBroken(kind, $"address\", {shift}, 51, Address", broken)
            .AssertDiagnostic("XEPT0510", $"PteField({kind}, \"{broken.Split(")]")[0]})");
        Assert.StartsWith($"The address of {kind} must start at bit {shift}, not ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void XEPT0511_pat_index_with_a_hole()
    {
        var message = RunBroken("Leaf4K", "\"PAT1\", 4, Pat1", "\"reserved\", 4, MustBeZero").AssertDiagnostic("XEPT0511", "SampleFormat");
        Assert.Equal("Leaf4K declares Pat2 but not Pat1", message);
    }

    [Theory]
    [InlineData(", All)]", ", (PteEntryKinds)64)]", "SampleFormat")]
    [InlineData("Leaf4K, \"DM\"", "(PteEntryKinds)64, \"DM\"", "PteField((PteEntryKinds)64, \"DM\", 11, DeviceMemory, \"PT-031\")")]
    public void XEPT0512_kind_that_the_generator_does_not_know(string correct, string broken, string at) =>
        RunBroken(null, correct, broken).AssertDiagnostic("XEPT0512", at);

    [Fact]
    public void XEPT0513_taking_over_fields_of_a_type_without_any()
    {
        var message = RunBroken(null, "typeof(SampleFields)", "typeof(string)").AssertDiagnostic("XEPT0513", "PteFieldsOf(typeof(string))");
        Assert.Equal("'SampleFormat' takes over the fields of 'String', which declares none", message);
    }

    [Fact]
    public void XEPT0513_taking_over_fields_of_nothing() =>
        RunBroken(null, "typeof(SampleFields)", "null!").AssertDiagnostic("XEPT0513", "PteFieldsOf(null!)");

    [Theory]
    [InlineData("Leaf4K")]
    [InlineData("Leaf2M")]
    [InlineData("Leaf1G")]
    [InlineData("DirectoryL1")]
    [InlineData("Directory")]
    public void XEPT0514_level_missing(string kind)
    {
        var message = Run(PteFormatSources.WithoutEntry(kind, PteFormatSources.Sample())).AssertDiagnostic("XEPT0514", "SampleFormat");
        Assert.Equal($"'SampleFormat' does not declare {kind}", message);
    }

    [Fact]
    public void XEPT0515_compact_tables_that_nothing_points_to() =>
        RunBroken("DirectoryL1", "\"64K\", 6, Pde64K", "\"reserved\", 6, MustBeZero").AssertDiagnostic("XEPT0515", "SampleFormat");

    [Fact]
    public void XEPT0515_pointer_to_compact_tables_that_do_not_exist() =>
        Run(PteFormatSources.WithoutEntry("Leaf64K", PteFormatSources.Sample())).AssertDiagnostic("XEPT0515", "SampleFormat");

    [Fact]
    public void XEPT0516_flag_that_moves_between_entries()
    {
        var message = Run(PteFormatSources.SwapBits(PteFormatSources.Sample(), "Leaf1G", (9, "Null"), (2, "MustBeZero")))
            .AssertDiagnostic("XEPT0516", "SampleFormat");
        Assert.Equal("Null is at another bit in Leaf1G than in Leaf4K", message);
    }

    [Theory]
    [InlineData("Leaf64K", "Leaf4K", 7, "Pat2")]
    [InlineData("Directory", "DirectoryL1", 4, "Pat1")]
    public void XEPT0517_pat_bits_at_other_places_in_the_same_encoder(string kind, string other, int bit, string role)
    {
        var message = Run(PteFormatSources.SwapBits(PteFormatSources.Sample(), kind, (bit, role), (2, "MustBeZero")))
            .AssertDiagnostic("XEPT0517", "SampleFormat");
        Assert.Equal($"The PAT index bits of {kind} do not match those of {other}", message);
    }

    [Fact]
    public void XEPT0517_huge_leaf_with_fewer_pat_bits()
    {
        var message = RunBroken("Leaf2M", "\"PAT2\", 12, Pat2", "\"reserved\", 12, MustBeZero")
            .AssertDiagnostic("XEPT0517", "SampleFormat");
        Assert.Equal("The PAT index bits of Leaf2M do not match those of Leaf4K", message);
    }

    [Theory]
    [InlineData("public partial class SampleTable")]
    [InlineData("public static class SampleTable")]
    public void XEPT0518_table_cannot_be_extended(string declaration) =>
        Run(PteFormatSources.Table.Replace("public static partial class SampleTable", declaration, StringComparison.Ordinal))
            .AssertDiagnostic("XEPT0518", "SampleTable");

    [Fact]
    public void XEPT0519_two_formats_of_one_id()
    {
        var message = Run([.. PteFormatSources.TableWithAllFormats(), PteFormatSources.FormatOf("Xe2", "AnotherFormat")])
            .AssertDiagnostic("XEPT0519", "SampleTable");
        Assert.Equal("'Xe2Format' and 'AnotherFormat' both have the id Xe2", message);
    }

    [Fact]
    public void XEPT0520_id_without_a_format()
    {
        var message = Run([.. PteFormatSources.TableWithAllFormats()[..^1]]).AssertDiagnostic("XEPT0520", "SampleTable");
        Assert.Equal("No format has the id Xe2", message);
    }

    [Fact]
    public void XEPT0521_formats_disagree_about_a_flag()
    {
        string[] other = PteFormatSources.Sample();
        foreach (string leaf in new[] { "Leaf4K", "Leaf64K", "Leaf2M", "Leaf1G" })
            other = PteFormatSources.SwapBits(other, leaf, (9, "Null"), (2, "MustBeZero"));
        string[] sources =
        [
            .. PteFormatSources.TableWithAllFormats()[..^1],
            other[0].Replace("SampleFields", "OtherFields", StringComparison.Ordinal),
            PteFormatSources.FormatOf("Xe2", "Xe2Format").Replace("SampleFields", "OtherFields", StringComparison.Ordinal),
        ];
        var message = Run(sources).AssertDiagnostic("XEPT0521", "SampleTable");
        Assert.Equal("Null is at another bit in 'Xe2Format' than in 'XeLpFormat'", message);
    }

    [Theory]
    [InlineData("Leaf64K")]
    [InlineData("None")]
    public void XEPT0522_field_of_a_kind_that_the_format_does_not_have(string kinds)
    {
        string field = $"PteField({kinds}, \"X\", 8, MustBeZero, \"PT-016\")";
        string[] sources = PteFormatSources.WithoutCompactTables();
        sources[1] = sources[1].Replace("[PteFieldsOf", $"[{field}][PteFieldsOf", StringComparison.Ordinal);
        var message = Run(sources).AssertDiagnostic("XEPT0522", field);
        Assert.Equal("'X' belongs to no kind of entry that 'SampleFormat' has", message);
    }

    private static GeneratorRun Run(params string[] sources) => GeneratorHarness.Run(new PteFormatGenerator(), sources);

    private static GeneratorRun RunBroken(string? kind, string oldText, string newText) =>
        Run(PteFormatSources.Break(kind, oldText, newText));
}
