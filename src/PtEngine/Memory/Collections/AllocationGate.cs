using System.Runtime.CompilerServices;
using XePt.Diagnostics;

namespace XePt.Memory;

/// <summary>Where the engine asks for memory: a passage of <see cref="FailurePoint.Allocation"/>, so that every failure path can be
/// driven.</summary>
/// <remarks>Concurrency: each VM has a gate, which belongs to whoever is inside, and so has the device; what is armed is the device's, and
/// any thread may meet it.</remarks>
/// <param name="failures">What is armed.</param>
internal sealed class AllocationGate(FailureInjector failures)
{
    private readonly DeviceWatch _watch = failures.Watch;

    /// <summary>A gate that nobody closes.</summary>
    public AllocationGate()
        : this(new FailureInjector())
    {
    }

    /// <summary>While set, every allocation of this gate passes: undoing must not fail.</summary>
    public bool IsSuspended { get; set; }

    /// <summary>Asks for one allocation. Returns false when it is to fail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Allow() => !_watch.IsArmed || IsSuspended || !failures.Fires(FailurePoint.Allocation);
}
