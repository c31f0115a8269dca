namespace XePt.Uapi.Checks;

/// <summary>A reason of which there are as many as values to compare with. The last one is kept: a call that is refused again makes
/// none.</summary>
/// <remarks>Concurrency: any thread; the reference to a finished reason is all that changes.</remarks>
/// <param name="reason">What all of them have in common.</param>
/// <param name="comparedWith">What the value is compared with.</param>
internal sealed class ComparedReason(RejectionReason reason, string comparedWith)
{
    private RejectionReason? _last;

    /// <summary>The reason with the value it was compared with.</summary>
    public RejectionReason With(ulong comparand)
    {
        RejectionReason? last = Volatile.Read(ref _last);
        if (last?.ComparedWith?.Value == comparand)
            return last;
        last = reason with { ComparedWith = new Comparand(comparedWith, comparand) };
        Volatile.Write(ref _last, last);
        return last;
    }
}
