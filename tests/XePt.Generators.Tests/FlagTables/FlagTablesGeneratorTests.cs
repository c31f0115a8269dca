using XePt.Generators.FlagTables;

namespace XePt.Generators.Tests.FlagTables;

public class FlagTablesGeneratorTests
{
    private const string Flags = """
        using System;
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        [Flags]
        [FlagTable("SAMPLE_FLAG_")]
        public enum SampleFlags : ushort
        {
            None = 0,
            [CName("SAMPLE_FLAG_ANY")] Any = 1 << 0,
            [CName("SAMPLE_FLAG_NEXT")] Next = 1 << 1,
            [CName("SAMPLE_FLAG_LATE"), OnlyInProfile(XeProfile.Final)] Late = 1 << 4,
            [CName("SAMPLE_FLAG_MOVED")]
            [BitInProfile(1 << 4, XeProfile.SeedGated)]
            [BitInProfile(1 << 9, XeProfile.SeedOpen)]
            Moved = 1 << 6,
            [CName("INTERNAL"), DebugBuildOnly] Internal = 1 << 15,
        }
        """;

    private const string Values = """
        using XePt.Uapi.Spec;

        namespace Sample;

        [FlagTable("SAMPLE_KIND_")]
        public enum SampleKind : byte
        {
            [CName("SAMPLE_KIND_FIRST")] First = 1,
            [CName("SAMPLE_KIND_SECOND")] Second = 2,
            [CName("OTHER_PREFIX")] Other = 200,
        }
        """;

    [Fact]
    public void Output_for_flags_is_as_recorded() =>
        GeneratorHarness.Run(new FlagTablesGenerator(), Flags).AssertClean().AssertGolden("SampleFlags");

    [Fact]
    public void Output_for_plain_values_is_as_recorded() =>
        GeneratorHarness.Run(new FlagTablesGenerator(), Values).AssertClean().AssertGolden("SampleKind");

    [Fact]
    public void Second_run_after_an_unrelated_edit_is_cached() =>
        GeneratorHarness.AssertSecondRunIsCached(new FlagTablesGenerator(), Flags, Values);

    [Theory]
    [InlineData("OnlyInProfile(XeProfile.Final)")]
    [InlineData("BitInProfile(1 << 8, XeProfile.SeedOpen)")]
    public void Each_restriction_works_without_the_others(string restriction) => GeneratorHarness.Run(new FlagTablesGenerator(), $$"""
        using XePt.Uapi;
        using XePt.Uapi.Spec;

        namespace Sample;

        [System.Flags]
        [FlagTable("S_")]
        public enum S
        {
            [CName("S_ONE"), {{restriction}}] One = 1,
            [CName("S_OTHER")] Other = 2,
        }
        """).AssertClean();
}
