using XePt.Cli.Vectors;

namespace XePt.Tests.Vectors;

/// <summary>Replays every recorded vector, and compares everything it says.</summary>
[Rule("BIND-144")]
[Rule("PT-019")]
[Rule("PT-021")]
public class VectorFileTests
{
    public static TheoryData<string> Names() => new(VectorKit.Files.Select(file => Path.GetFileName(file)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_case_is_as_recorded_or_better_than_a_named_defect(string name)
    {
        string path = Path.Combine(RepositoryPaths.Vectors, name);
        FileTally tally = VectorRun.Run([path], jobs: Environment.ProcessorCount).Single();

        Assert.True(tally.FirstMalformed is null, tally.FirstMalformed?.Message);
        Assert.True(tally.FirstFailure is null, $"line {tally.FirstFailure?.Line}: {tally.FirstFailure?.Result.Name}: {tally.FirstFailure?.Result.Difference}");
        Assert.Equal(CasesIn(name), tally.Cases);
        if (!name.StartsWith("bind_quirks", StringComparison.Ordinal))
            Assert.Equal(tally.Cases, tally.Passed);
    }

    [Fact]
    public void Some_sequences_meet_a_defect_and_some_only_come_near_it()
    {
        FileTally tally = VectorRun.Run([VectorKit.PathOf("bind_quirks")], jobs: Environment.ProcessorCount).Single();
        Assert.Equal((90, 69, 21), (tally.Cases, tally.Passed, tally.Deviating));
    }

    [Fact]
    public void The_vectors_are_of_all_kinds()
    {
        string[] names = [.. VectorKit.Files.Select(file => Path.GetFileName(file))];
        Assert.Equal(18, names.Count(name => name.StartsWith("bind_", StringComparison.Ordinal)));
        Assert.Superset(
            new HashSet<string> { "encode.jsonl.gz", "split_merge.jsonl.gz", "check_args.jsonl.gz", "validate_bo.jsonl.gz" }, names.ToHashSet());
    }

    private static int CasesIn(string name)
    {
        string file = name[..^".jsonl.gz".Length];
        bool hasHeader = name is not ("bind_quirks.jsonl.gz" or "split_merge.jsonl.gz");
        return VectorKit.Lines(file).Count() - (hasHeader ? 1 : 0);
    }
}
