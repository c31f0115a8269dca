using XePt.Uapi;

namespace XePt.Calls;

/// <summary>What became of an operation on a VM, taken while inside: the call object belongs to the next one then.</summary>
/// <param name="Outcome">What the operation returned.</param>
/// <param name="Why">Why it was refused; not rejected when it was not.</param>
/// <param name="Done">Signals when it is complete; the stub when nothing was done.</param>
internal readonly record struct CallAnswer(Outcome Outcome, Rejection Why, Fence Done)
{
    /// <summary>What the client gets.</summary>
    public Errno Errno => Why.Errno;

    /// <summary>Of the call that runs.</summary>
    public static CallAnswer Of(BindCall call, Outcome outcome) => outcome switch
    {
        Outcome.Done => new CallAnswer(outcome, default, call.Done),
        Outcome.Refused => new CallAnswer(outcome, call.Why, Fence.Signalled),
        _ => new CallAnswer(outcome, default, Fence.Signalled),
    };
}
