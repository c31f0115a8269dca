namespace XePt.Fences;

/// <summary>Numbers what is submitted to one owner. Whoever notes the number of the next one tells by it what came before and what came
/// after. Belongs to the owner's writer side.</summary>
internal sealed class SubmissionClock
{
    /// <summary>Number of the next submission.</summary>
    public long Next { get; private set; }

    /// <summary>Number of a submission that is made now.</summary>
    public long Advance() => Next++;
}
