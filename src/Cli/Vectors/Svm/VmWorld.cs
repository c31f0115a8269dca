using System.Text.Json;
using XePt.Cli.Input;
using XePt.Uapi;

namespace XePt.Cli.Vectors.Svm;

/// <summary>A whole VM: binds, faults, the garbage collector, attributes.</summary>
internal sealed class VmWorld(JsonElement config) : SvmWorld(config)
{
    public override IEnumerable<string> Outputs => [];

    protected override Errno Do(JsonElement step, Dictionary<string, string> found) =>
        throw new MalformedRecordException($"'do' is not known: {step.Text("do")}");

    protected override void EndStep(Dictionary<string, string> found)
    {
    }
}
