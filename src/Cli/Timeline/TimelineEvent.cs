using XePt.Diagnostics;

namespace XePt.Cli.Timeline;

/// <summary>One event of the engine, when it was raised.</summary>
/// <param name="TimeNs">Nanoseconds since the recording began.</param>
/// <param name="Event">What was raised.</param>
/// <param name="Device">Name of the device.</param>
/// <param name="Fields">The rest of the payload.</param>
internal sealed record TimelineEvent(long TimeNs, XeEventInfo Event, string Device, IReadOnlyList<(string Name, object Value)> Fields);
