using System.Text.Json;

namespace XePt.Cli.Vectors.Svm;

/// <summary>Runs the steps of a sequence and compares everything that is observable after each.</summary>
internal sealed class SvmReplay(SvmCase sequence)
{
    /// <summary>Keys that stand for a state: they are absent while it does not change.</summary>
    private static readonly string[] StateKeys = ["cpu", "pg", "n", "r", "gc", "blk", "vma", "up"];

    /// <summary>Keys that are not compared: trace points of debug builds.</summary>
    private static readonly string[] Ignored = ["trace"];

    private readonly Dictionary<string, string> _expected = StateKeys.ToDictionary(key => key, _ => "[]");
    private Dictionary<string, string> _before = [];

    public CaseResult Run()
    {
        using SvmWorld world = SvmWorld.Of(sequence);
        string? deviation = null;
        for (int i = 0; i < sequence.Steps.Length; i++)
        {
            SvmStep step = sequence.Steps[i];
            Dictionary<string, string> found = world.Run(step);
            Difference? difference = Compare(step, found, world, ref deviation);
            if (difference is not null)
                return CaseResult.Of(sequence.Name, difference with { Step = i, Input = step.Input.GetRawText() });
            _before = found;
        }

        return deviation is null ? CaseResult.Of(sequence.Name, null)
            : new CaseResult(sequence.Name, CaseOutcome.Deviating, new Difference(deviation, "", ""));
    }

    private Difference? Compare(SvmStep step, Dictionary<string, string> found, SvmWorld world, ref string? deviation)
    {
        bool isEndless = step.Output.TryGetProperty("endless", out _);
        foreach (JsonProperty output in step.Output.EnumerateObject())
        {
            if (_expected.ContainsKey(output.Name))
                _expected[output.Name] = output.Value.GetRawText();
        }

        var view = new StepView(step, sequence.Config, _before, found);
        foreach (string key in world.Outputs.Where(key => !Ignored.Contains(key)))
        {
            bool isState = _expected.ContainsKey(key);
            string expected = isState ? _expected[key] : key == "stats" ? Sorted(step.Output) : Text(step.Output, key);
            string actual = found.GetValueOrDefault(key, "");
            if (expected == actual || (isEndless && !isState))
                continue;
            if (SvmDeviation.Of(key, expected, actual, view) is { } kind)
                deviation ??= kind;
            else
                return new Difference(key, expected, actual);
        }

        if (!isEndless)
            return null;
        string? endless = SvmDeviation.OfEndless(view);
        deviation ??= endless;
        return endless is null ? new Difference("err", "the errno of its pages", found.GetValueOrDefault("err", "")) : null;
    }

    /// <summary>The counters, by name.</summary>
    private static string Sorted(JsonElement output) => !output.TryGetProperty("stats", out JsonElement tiles) ? ""
        : $"[{string.Join(',', tiles.EnumerateArray().Select(tile => $"{{{string.Join(',', Counters(tile))}}}"))}]";

    private static IEnumerable<string> Counters(JsonElement tile) => tile.EnumerateObject()
        .Select(counter => $"\"{counter.Name}\":{counter.Value.GetRawText()}").Order(StringComparer.Ordinal);

    private static string Text(JsonElement output, string key) =>
        output.TryGetProperty(key, out JsonElement value) ? value.GetRawText() : "";
}
