namespace XePt.Cli.Input;

/// <summary>Something in a record is wrong; who knows file and line turns it into an <see cref="InputException"/>.</summary>
internal sealed class MalformedRecordException(string message) : Exception(message);
