using System.Runtime.CompilerServices;

namespace XePt.Memory;

/// <summary>
/// The fence between a store and a look, for two sides of which one does it all the time and the other seldom: leavers give something up
/// and look whether anybody waits for it; waiters say that they wait and look whether it was given up. Leavers pass no fence as long as
/// nobody waits, and an ordinary one while somebody does from time to time.
/// </summary>
/// <remarks>
/// <para>A leaver stores, then asks <see cref="IsOn"/> without a fence between; if it is on, it passes a full fence, looks, and acts if
/// somebody waits, else counts the leave (<see cref="IsOffAfter"/>). A waiter stores by an interlocked operation, calls
/// <see cref="Pass"/>, looks, and acts if it was given up. Acting is for all that wait, and done once, by an exchange.</para>
/// <para>Why one of the two acts. While the fence is on, both sides store, fence, look (Dekker). A waiter that finds it off switches it on
/// and has every processor pass a fence: a leaver that found it off asked before that, so its store is seen by the waiter's look. A waiter
/// that finds it on while whoever switched it on has not passed its own fence yet may miss such a leaver; but whoever switches on looks
/// afterwards, and acts for all. Switching off is an exchange, then a look: a waiter either finds it off, or is found waiting by that look,
/// and then the fence is switched on again as a waiter does it.</para>
/// </remarks>
internal struct AdaptiveFence
{
    /// <summary>Leaves without anybody waiting after which the fence is switched off.</summary>
    public const int QuietLeaves = 1024;

    private int _isOn;

    /// <summary>Leavers pass a full fence before they look.</summary>
    public readonly bool IsOn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(in _isOn) != 0;
    }

    /// <summary>A waiter has stored, by an interlocked operation, and is going to look.</summary>
    public void Pass()
    {
        if (!IsOn)
            SwitchOn();
    }

    /// <summary>Leavers pass fences from now on; those that did not have their stores seen.</summary>
    public void SwitchOn()
    {
        Interlocked.Exchange(ref _isOn, 1);
        Interlocked.MemoryBarrierProcessWide();
    }

    /// <summary>A leaver has found nobody waiting.</summary>
    /// <param name="quiet">How many times in a row it has; may be one counter for several leavers, and inexact.</param>
    /// <returns>True when the fence was switched off: the leaver looks again, and if somebody waits, switches it on and acts.</returns>
    public bool IsOffAfter(ref long quiet)
    {
        if (++quiet < QuietLeaves)
            return false;
        quiet = 0;
        Interlocked.Exchange(ref _isOn, 0);
        return true;
    }
}
