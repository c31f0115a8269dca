namespace XePt.Schedules.Exploring;

/// <summary>A schedule has led to something that must not be.</summary>
public sealed class BadScheduleException(string message) : Exception(message);
