using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using XePt.Cli.Vectors;

namespace XePt.Tests.Vectors;

/// <summary>Replays every recorded vector by the code of <c>xept verify</c>, one test per file, and compares everything it says.</summary>
[Rule("BIND-144")]
[Rule("PT-019")]
[Rule("PT-021")]
public class VectorFileTests
{
    /// <summary>Sequences that differ from the reference on purpose (specification 04 chapter 21), by file.</summary>
    private static readonly Dictionary<string, int> Deviating = new()
    {
        ["bind_quirks"] = 26,
        ["svm_examples"] = 4,
        ["svm_madvise"] = 23,
        ["svm_policy"] = 73,
        ["svm_userptr"] = 10,
    };

    // What several tests look at is replayed once.
    private static readonly ConcurrentDictionary<string, FileTally> Tallies = new();

    /// <summary>The files.</summary>
    public static TheoryData<string> Names() => new(VectorKit.Files.Select(VectorKit.NameOf));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_case_is_as_recorded_or_better_than_a_named_defect(string name)
    {
        FileTally tally = Replay(name);

        Assert.True(tally.FirstMalformed is null, tally.FirstMalformed?.Message);
        Assert.True(tally.FirstFailure is null,
            $"line {tally.FirstFailure?.Line}: {tally.FirstFailure?.Result.Name}: {tally.FirstFailure?.Result.Difference}");
        Assert.Equal(CasesIn(name), tally.Cases);
        Assert.Equal(Deviating.GetValueOrDefault(name), tally.Deviating);
        Assert.Equal(tally.Cases, tally.Passed + tally.Deviating);
    }

    [Fact]
    public void Some_sequences_meet_a_defect_and_some_only_come_near_it()
    {
        FileTally tally = Replay("bind_quirks");
        Assert.Equal((95, 69, 26), (tally.Cases, tally.Passed, tally.Deviating));
    }

    [Fact]
    public void There_are_bind_sequences_for_every_config() =>
        Assert.Equal(18, VectorKit.Files.Count(file => VectorKit.NameOf(file).StartsWith("bind_", StringComparison.Ordinal)));

    [Theory]
    [InlineData("check_args", 7453)]
    [InlineData("validate_bo", 1418)]
    [InlineData("encode", 1498)]
    [InlineData("split_merge", 5391)]
    [InlineData("svm_core", 240)]
    [InlineData("svm_pages", 200)]
    [InlineData("svm_policy", 210)]
    [InlineData("svm_examples", 65)]
    [InlineData("svm_madvise", 200)]
    [InlineData("svm_autoreset", 110)]
    [InlineData("svm_userptr", 130)]
    [InlineData("svm_args", 716)]
    public void The_other_kinds_have_a_file_each(string name, int cases) => Assert.Equal(cases, CasesIn(name));

    [Fact]
    public void Every_encoder_has_vectors()
    {
        IEnumerable<string> encoders = VectorKit.Lines("encode").Skip(1).Select(line => (string)JsonNode.Parse(line)!["fn"]!);
        Assert.Equal(["pde_bo", "pte_addr", "pte_bo", "pte_vma"], encoders.Distinct().Order(StringComparer.Ordinal));
    }

    private static FileTally Replay(string name) => Tallies.GetOrAdd(
        name, _ => VectorRun.Run([VectorKit.PathOf(name)], jobs: Environment.ProcessorCount).Single());

    private static int CasesIn(string name) => VectorKit.Lines(name).Count() - (name is "bind_quirks" or "split_merge" ? 0 : 1);
}
