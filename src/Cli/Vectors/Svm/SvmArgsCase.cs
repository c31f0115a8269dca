using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;
using XePt.Uapi.Formats;

namespace XePt.Cli.Vectors.Svm;

/// <summary>One call on a new VM after some preparation: its errno, and what it leaves or tells.</summary>
internal sealed record SvmArgsCase(
    string Name, JsonElement Config, PatTable Pat, string State, SvmStep[] Before, SvmStep Call) : IVectorCase
{
    private static readonly string[] Told = ["err", "num", "attr_size", "attrs"];

    public static SvmArgsCase Read(JsonElement line, PatTable pat)
    {
        JsonElement call = line.Field("in").Clone();
        return new SvmArgsCase(
            $"{line.Text("cfg")}: {call.Text("do")}", ConfigOf(line.Text("cfg"), line.Flag("fault_mode")), pat,
            line.OneOf("state", ("open", ""), ("ban", "ban"), ("close", "close")),
            [.. line.Items("pre").Select(step => new SvmStep(step.Clone(), default))], new SvmStep(call, line.Clone()));
    }

    /// <inheritdoc/>
    public CaseResult Run()
    {
        using var world = new VmWorld(Config, Pat);
        foreach (SvmStep step in Before)
        {
            if (world.Run(step).GetValueOrDefault("err") is not "0" and var error)
                return CaseResult.Of(Name, new Difference("err", "0", $"{error}") { Input = step.Input.GetRawText() });
        }

        if (State.Length > 0)
        {
            using JsonDocument step = JsonDocument.Parse($$"""{"do":"{{State}}"}""");
            world.Run(new SvmStep(step.RootElement, default));
        }

        Dictionary<string, string> found = world.Run(Call);
        string[] vmas = [.. world.AttributesOfVmas()];
        return CaseResult.Of(Name, Compare(found, Text.List(vmas)));
    }

    private Difference? Compare(Dictionary<string, string> found, string vmas)
    {
        foreach (string key in Told)
        {
            if (Call.Output.TryGetProperty(key, out JsonElement value) && value.GetRawText() != found.GetValueOrDefault(key))
                return Differs(key, value, found.GetValueOrDefault(key, ""));
        }

        return Call.Output.TryGetProperty("vma", out JsonElement list) && list.GetRawText() != vmas ? Differs("vma", list, vmas) : null;
    }

    private Difference Differs(string what, JsonElement expected, string found) =>
        new(what, expected.GetRawText(), found) { Input = Call.Input.GetRawText() };

    /// <summary>The devices that the file knows by name.</summary>
    private static JsonElement ConfigOf(string name, bool isFaultMode)
    {
        (int discrete, int tiles, int atomics) = name switch
        {
            "igpu" => (0, 1, 1),
            "dgpu" => (1, 1, 1),
            "dgpu2t" => (1, 2, 1),
            "dgpu_nosmematomic" => (1, 1, 0),
            _ => throw new MalformedRecordException($"'cfg' is not known: {name}"),
        };
        using JsonDocument config = JsonDocument.Parse(
            $$"""{"name":"{{name}}","dgfx":{{discrete}},"tiles":{{tiles}},"device_atomics_smem":{{atomics}},"need64k":0,""" +
            $$""" "notifier":"0x20000000","va_bits":48,"vram_pages":[1048576,1048576],"fault_mode":{{(isFaultMode ? 1 : 0)}}}""");
        return config.RootElement.Clone();
    }
}
