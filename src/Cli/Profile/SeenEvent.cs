namespace XePt.Cli.Profile;

/// <summary>One event of a collected stream.</summary>
/// <param name="TimeNs">Nanoseconds since the start of the stream.</param>
/// <param name="Id">Number of the event.</param>
/// <param name="Thread">Thread of the operating system.</param>
internal readonly record struct SeenEvent(long TimeNs, int Id, long Thread);
