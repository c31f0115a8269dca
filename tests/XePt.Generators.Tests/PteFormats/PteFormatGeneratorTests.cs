using XePt.Generators.PteFormats;

namespace XePt.Generators.Tests.PteFormats;

public class PteFormatGeneratorTests
{
    private const string TableHint = "Sample.SampleTable.g.cs";

    [Fact]
    public void A_format_gets_encoders_decoders_and_layouts() =>
        GeneratorHarness.Run(new PteFormatGenerator(), PteFormatSources.Format).AssertClean().AssertGolden("Format");

    [Fact]
    public void A_format_without_compact_tables_has_no_64K_leaf() =>
        GeneratorHarness.Run(new PteFormatGenerator(), PteFormatSources.WithoutCompactTables())
            .AssertClean().AssertGolden("FormatWithoutCompactTables");

    [Fact]
    public void The_table_gets_the_shared_bits_and_a_switch_per_operation() =>
        GeneratorHarness.Run(new PteFormatGenerator(), PteFormatSources.TableWithAllFormats())
            .AssertClean().AssertGolden("Table", TableHint);

    [Fact]
    public void The_order_of_the_declarations_does_not_matter()
    {
        string table = TableText(PteFormatSources.TableWithAllFormats());
        string reversed = TableText([.. PteFormatSources.TableWithAllFormats().Reverse()]);
        Assert.Equal(table, reversed);
    }

    [Fact]
    public void An_unrelated_edit_generates_nothing_again() =>
        GeneratorHarness.AssertSecondRunIsCached(new PteFormatGenerator(), PteFormatSources.TableWithAllFormats());

    private static string TableText(string[] sources) => GeneratorHarness.Run(new PteFormatGenerator(), sources).AssertClean()
        .Sources.Single(source => source.HintName == TableHint).Text;
}
