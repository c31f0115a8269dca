using System.Text.Json;
using XePt.Cli.Vectors;
using XePt.Cli.Vectors.Binds;
using XePt.Cli.Vectors.Quirks;
using XePt.Uapi;

namespace XePt.Tests.Vectors;

/// <summary>
/// The check that sequences must satisfy behind a defect, made on recorded sequences without one: there the tables are known to be right,
/// so whatever it finds would be its own mistake, and would fail a sequence that rightly deviates.
/// </summary>
public class PageModelReplayTests
{
    /// <summary>One sequence in this many; the check is slow beside the replay itself.</summary>
    private const int Stride = 8;

    public static TheoryData<string> Files() => new(
        VectorKit.Files.Select(VectorKit.NameOf)
            .Where(name => name.StartsWith("bind_", StringComparison.Ordinal) && name != "bind_quirks"));

    [Theory]
    [MemberData(nameof(Files))]
    public void Recorded_sequences_satisfy_the_page_model_after_every_step(string file)
    {
        VectorConfig config = ConfigOf(file);
        string[] lines = [.. VectorKit.Lines(file).Skip(1).Where((_, i) => i % Stride == 0)];
        Assert.NotEmpty(lines);
        foreach (string line in lines)
            Check(line, config);
    }

    [Theory]
    [InlineData("bind_bmg_fault_scratch", "bmg_fault_scratch-0084")] // a bind into a compact table that clearing left
    [InlineData("bind_lnl_fault_scratch", "lnl_fault_scratch-0067")] // the same with a userptr
    [InlineData("bind_lnl_fault_scratch", "lnl_fault_scratch-0270")] // a zapped range over a whole table, with scratch pages
    [InlineData("bind_lnl_fault_scratch", "lnl_fault_scratch-0457")] // a BO over a mirror with a bound range, in one call
    [InlineData("bind_bmg_fault", "bmg_fault-0384")] // a zapped range over a whole table, without
    [InlineData("bind_pvc", "pvc-0217")] // a move after which a cut cannot be bound
    public void Sequences_with_rare_traits_satisfy_it_too(string file, string id) =>
        Check(Assert.Single(VectorKit.Lines(file), line => line.Contains($"\"id\":\"{id}\"", StringComparison.Ordinal)), ConfigOf(file));

    private static void Check(string line, VectorConfig config)
    {
        using JsonDocument json = JsonDocument.Parse(line);
        BindCase sequence = BindCase.Read(json.RootElement, config);
        using var session = new BindSession(sequence);
        var expected = new ExpectedState([.. Enumerable.Range(0, sequence.Vm.Levels).Select(level => session.Vm!.EmptyEntry(level))]);
        var check = new DeviationCheck(sequence, session);
        for (int i = 0; i < sequence.Steps.Length; i++)
        {
            BindStep step = sequence.Steps[i];
            expected.Apply(step.Output);
            Errno error = session.Run(step.Input);
            Difference? difference = check.Compare(step, error, expected.Vmas);
            Assert.True(difference is null, $"{sequence.Id} step {i}: {difference}");
        }
    }

    private static VectorConfig ConfigOf(string file)
    {
        using JsonDocument json = JsonDocument.Parse(VectorKit.Lines(file).First());
        return VectorConfig.Read(json.RootElement);
    }
}
