using System.Globalization;
using System.Text.Json.Nodes;

namespace XePt.Tests.Vectors;

/// <summary>What sequences of SVM may differ in, and that nothing else may, in them neither.</summary>
public sealed class SvmDeviationTests : IDisposable
{
    private readonly VectorKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Theory]
    [InlineData("f0056")]
    [InlineData("f0129")]
    public void An_invalidation_may_be_wider_by_what_was_zapped_only(string id)
    {
        JsonObject sequence = Sequence(id);
        Assert.Equal((0, 1), Replay(sequence));
        JsonArray record = sequence["steps"]!.AsArray().Select(step => step!["out"]!["tlb"])
            .OfType<JsonArray>().SelectMany(list => list.OfType<JsonArray>()).Last();
        ulong start = Convert.ToUInt64((string)record[0]!, 16), end = Convert.ToUInt64((string)record[1]!, 16);

        // Shorter than anything that was zapped ends, and longer than XePt's.
        record[1] = Hex(end - 0x1000);
        Assert.Equal((0, 1), Replay(sequence));
        record[1] = Hex(end + 0x1000);
        Assert.Equal((1, 0), Replay(sequence));
        record[1] = Hex(end);
        record[0] = Hex(start - 0x40_0000);
        Assert.Equal((1, 0), Replay(sequence));
        record[0] = Hex(start);
        record[2] = 2;
        Assert.Equal((1, 0), Replay(sequence));
    }

    [Theory]
    [InlineData("vma")]
    [InlineData("stats")]
    [InlineData("r")]
    [InlineData("pt")]
    [InlineData("ev")]
    [InlineData("pg")]
    public void Another_difference_fails_in_a_deviating_sequence_too(string key)
    {
        JsonObject sequence = Sequence("f0056");
        JsonArray steps = sequence["steps"]!.AsArray();
        JsonObject output = steps.Select(step => step!["out"]!.AsObject()).Last(step => step.ContainsKey(key));
        output[key] = new JsonArray("other");
        Assert.Equal((1, 0), Replay(sequence));
    }

    [Fact]
    public void Another_errno_of_a_fault_that_is_nacked_fails()
    {
        JsonObject sequence = Deviating("gpu_fault");
        Assert.Equal((0, 1), Replay(sequence));
        foreach (JsonNode? step in sequence["steps"]!.AsArray().Where(step => (string)step!["in"]!["do"]! == "gpu_fault"))
            step!["out"]!["err"] = -5;
        Assert.Equal((1, 0), Replay(sequence));
    }

    /// <summary>The first sequence that deviates and has such a step.</summary>
    private JsonObject Deviating(string step) => VectorKit.Lines("svm_policy").Skip(1).Select(line => JsonNode.Parse(line)!.AsObject())
        .First(sequence => sequence["steps"]!.AsArray().Any(item => (string)item!["in"]!["do"]! == step)
            && Replay(sequence) == (0, 1));

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static JsonObject Sequence(string id) => JsonNode.Parse(
        VectorKit.Lines("svm_policy").Single(line => line.StartsWith($"{{\"id\":\"{id}\"", StringComparison.Ordinal)))!.AsObject();

    private (int Failed, int Deviating) Replay(JsonObject sequence)
    {
        string path = _kit.Write("a.jsonl", VectorKit.Lines("svm_policy").First(), sequence);
        JsonObject json = VectorKit.Verify(path, "--json").Json;
        return ((int)json["failed"]!, (int)json["deviating"]!);
    }
}
