namespace XePt.Cli.Profile;

/// <summary>A process cannot be listened to; the message says why, in a sentence without the process.</summary>
internal sealed class SessionException(string message, Exception? inner = null) : Exception(message, inner);
