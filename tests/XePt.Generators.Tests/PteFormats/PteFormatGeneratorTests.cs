using XePt.Generators.PteFormats;

namespace XePt.Generators.Tests.PteFormats;

public class PteFormatGeneratorTests
{
    private const string TableHint = "Sample.SampleTable.g.cs";

    [Fact]
    public void A_format_gets_encoders_decoders_and_layouts() =>
        GeneratorHarness.Run(new PteFormatGenerator(), PteFormatSources.Sample()).AssertClean().AssertGolden("Format");

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
    public void A_field_that_formats_share_may_stand_in_each_of_them_instead()
    {
        string row = PteFormatSources.Fields.Split('\n').Single(line => line.Contains("\"NULL\"", StringComparison.Ordinal));
        string without = PteFormatSources.Fields.Replace(row, "", StringComparison.Ordinal);
        string with = PteFormatSources.Format.Replace("[PteFieldsOf", row + "[PteFieldsOf", StringComparison.Ordinal);
        Assert.Equal(FormatText(PteFormatSources.Sample()), FormatText([without, with]));
    }

    [Fact]
    public void A_format_may_stand_by_itself()
    {
        IEnumerable<string> rows = PteFormatSources.Fields.Split('\n').Where(line => line.StartsWith('['));
        string alone = PteFormatSources.Format.Replace(
            "[PteFieldsOf(typeof(SampleFields))]", string.Join('\n', rows), StringComparison.Ordinal);
        Assert.Equal(FormatText(PteFormatSources.Sample()), FormatText([alone]));
    }

    [Fact]
    public void An_unrelated_edit_generates_nothing_again() =>
        GeneratorHarness.AssertSecondRunIsCached(new PteFormatGenerator(), PteFormatSources.TableWithAllFormats());

    [Fact]
    public void An_edit_of_the_shared_fields_reaches_the_formats()
    {
        string[] edited = PteFormatSources.Break(null, "\"NULL\"", "\"ZERO\"");
        GeneratorRun fresh = GeneratorHarness.Run(new PteFormatGenerator(), edited);
        GeneratorRun again = GeneratorHarness.RunAfterEdit(new PteFormatGenerator(), PteFormatSources.Sample(), edited);
        Assert.Equal(fresh.Sources, again.Sources);
        Assert.Contains("ZERO", Assert.Single(again.Sources).Text, StringComparison.Ordinal);
    }

    private static string TableText(string[] sources) => Text(sources, TableHint);

    private static string FormatText(string[] sources) => Text(sources, "Sample.SampleFormat.g.cs");

    private static string Text(string[] sources, string hint) => GeneratorHarness.Run(new PteFormatGenerator(), sources).AssertClean()
        .Sources.Single(source => source.HintName == hint).Text;
}
