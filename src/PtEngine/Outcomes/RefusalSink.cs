using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Calls;

/// <summary>Where the reason stands why a call is refused: the one of the call itself. Whoever finds out that something cannot be done
/// refuses it here, however deep below the road; what goes up from there says only that it was refused.</summary>
/// <remarks>Concurrency: belongs to whoever is inside the VM.</remarks>
internal abstract class RefusalSink
{
    /// <summary>Why the call was refused; not rejected when it was not.</summary>
    public Rejection Why { get; private set; }

    /// <summary>Records why the call is refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Outcome Refuse(in Rejection why, int opIndex = -1)
    {
        Why = opIndex < 0 ? why : why with { OpIndex = opIndex };
        return Outcome.Refused;
    }

    /// <summary>Records why the call is refused. The reason is made here, so that who goes on carries no room for it.</summary>
    /// <param name="why">Makes the reason of a value.</param>
    /// <param name="value">The offending value.</param>
    /// <param name="opIndex">The bind op it is about, or -1.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public unsafe Outcome Refuse(delegate*<ulong, Rejection> why, ulong value, int opIndex = -1) => Refuse(why(value), opIndex);

    /// <summary>So for a value that was compared with another one.</summary>
    /// <param name="why">Makes the reason of both.</param>
    /// <param name="value">The offending value.</param>
    /// <param name="comparand">What it was compared with.</param>
    /// <param name="opIndex">The bind op it is about, or -1.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public unsafe Outcome Refuse(delegate*<ulong, ulong, Rejection> why, ulong value, ulong comparand, int opIndex = -1) =>
        Refuse(why(value, comparand), opIndex);

    /// <summary>Adds which bind op it is that was refused: who goes from op to op knows, those below need not.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public Outcome RefusedAt(int opIndex) => Refuse(Why, opIndex);

    /// <summary>What was refused, if anything, refuses a part of the call that may fail.</summary>
    public void Pardon() => Why = default;
}
