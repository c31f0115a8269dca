namespace XePt.Cli.Profile;

/// <summary>One instrument of a meter at one moment.</summary>
/// <param name="Name">Name of the instrument.</param>
/// <param name="Tags">What it is about, for example <c>device=bmg#1,gt=0</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Rate">By how much it has grown since the last moment.</param>
internal sealed record MeterValue(string Name, string Tags, double Value, double Rate);
