using CsCheck;
using XePt.Devices;

namespace XePt.Tests.Properties;

/// <summary>
/// Random sequences of binds, faults, zaps and moves on every platform and in every mode, against a dictionary of pages; each call may
/// first be made to fail, and then must leave no trace. After each call the invariants of specification 03 section 21 hold.
/// </summary>
[Rule("BIND-144")]
[Rule("BIND-219")]
[Rule("PT-209")]
[Rule("PT-210")]
[Rule("PT-211")]
[Rule("PT-212")]
[Rule("PT-213")]
[Rule("PT-214")]
[Rule("PT-215")]
[Rule("PT-216")]
[Rule("PT-089")]
public class BindPropertyTests
{
    /// <summary>Every platform with every value of the VM flags that it accepts.</summary>
    public static TheoryData<string, uint> Settings => new(
        from platform in XePlatforms.All
        from vmFlags in new uint[] { 0, 1, 2, 3, 6, 7 }
        where vmFlags < 4 || (platform.HasFaultMode && (vmFlags == 6 || platform.AllowsScratchWithFaults))
        where !platform.ForcesScratch || vmFlags % 2 == 1
        select (platform.Name, vmFlags));

    [Theory]
    [MemberData(nameof(Settings))]
    public void Any_sequence_of_small_binds_equals_the_page_dictionary(string platform, uint vmFlags) =>
        Sample(ModelSetting.Of(platform, vmFlags, 1ul << 12), iterations: 12);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Any_sequence_of_huge_binds_equals_the_page_dictionary(string platform, uint vmFlags) =>
        Sample(ModelSetting.Of(platform, vmFlags, 1ul << 21), iterations: 6);

    /// <summary>Programs that once failed: binds to parts of a compact table that the clearing of a NULL VMA left.</summary>
    [Theory]
    [InlineData("wcl", "fOJjwnc2HaJ5")]
    [InlineData("bmg", "cSBbJ9M4vhZ1")]
    public void Partial_binds_into_cleared_compact_tables_equal_the_page_dictionary_elsewhere(string platform, string seed) =>
        Sample(ModelSetting.Of(platform, 7, 1ul << 12), iterations: 1, seed);

    private static void Sample(ModelSetting setting, int iterations, string? seed = null) => Step.Programs.Sample(
        program =>
        {
            using var run = new ModelProgram(setting, program.Shapes);
            run.Run(program.Steps);
        },
        seed: seed,
        iter: iterations,
        threads: 1,
        print: program => $"shapes {string.Join(',', program.Shapes)}\n{string.Join('\n', program.Steps)}");
}
