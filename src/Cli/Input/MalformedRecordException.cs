namespace XePt.Cli.Input;

/// <summary>Something in a record is wrong; who knows file and line turns it into an <see cref="InputException"/>.</summary>
/// <param name="message">What is wrong, without a full stop.</param>
/// <param name="line">Lines before it in the record, which has more than one only in a dump.</param>
internal sealed class MalformedRecordException(string message, int? line = null) : Exception(message)
{
    /// <summary>Lines before it in the record, or null when it is about the record as a whole.</summary>
    public int? Line { get; } = line;
}
