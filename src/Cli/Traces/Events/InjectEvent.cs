using XePt.Cli.Console;
using XePt.Cli.Input;
using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt.Cli.Traces.Calls;

/// <summary>Makes one place of the engine fail at its next passage (BIND-223).</summary>
internal sealed record InjectEvent(FailurePoint Point, int Skip) : ITraceCall
{
    private static readonly string[] Points = [.. Enum.GetNames<FailurePoint>().Where(name => name != nameof(FailurePoint.None))];

    public static ITraceCall Read(JsonFields fields, XeProfile profile)
    {
        string name = fields.Take("point").ToText("point");
        int skip = fields.TryTake("skip", out var value) ? value.ToInt32("skip") : 0;
        return Array.Find(Points, known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } point
            ? new InjectEvent(Enum.Parse<FailurePoint>(point), skip)
            : throw new MalformedRecordException($"'point': unknown \"{name}\"{Console.NearestName.HintAndNames(name, Points)}");
    }

    public CallResult Play(TracePlayer player)
    {
        player.Device.Failures.Arm(Point, Skip);
        return new CallResult(Errno.Ok, default, 0, Skip == 0 ? $"{Point}" : $"{Point} after {Count.Of(Skip, "passage")}");
    }
}
