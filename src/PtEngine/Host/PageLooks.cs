using System.Runtime.CompilerServices;
using XePt.Fences;
using XePt.Uapi;

namespace XePt.Host;

/// <summary>
/// How often pages of a process that do not keep still are looked at anew, by who is inside a VM. While a change is in its middle nothing
/// can be seen, and the change may wait for jobs of this very VM, for as long as they take. So that is waited for only shortly; then the VM
/// is left, and the call starts again (<see cref="ThreadJobs.MayComeBack"/>).
/// </summary>
/// <param name="clock">The clock that limits it (CFG-006), or null; one that stands still limits nothing.</param>
internal struct PageLooks(XeClock? clock = null)
{
    private const long TimeLimit = 1000 * XeClock.Millisecond;

    // As many as a second may bring.
    private const int Most = 1000;

    // Yields, and no pause.
    private const int MostInMiddle = 20;

    private readonly long _end = clock is null ? 0 : clock.Now + TimeLimit;
    private SpinWait _spin;
    private int _count;
    private bool _isInMiddle;
    private bool _isLocked;
    private bool _hasDoubted;

    /// <summary>This look has met a change in its middle.</summary>
    public Errno MeetChange()
    {
        _isInMiddle = true;
        return Errno.EAGAIN;
    }

    /// <summary>This look has met pages that somebody has locked, to move them.</summary>
    public Errno MeetLock()
    {
        _isLocked = true;
        return Errno.EAGAIN;
    }

    /// <summary>This look was outdated by a change, by one that it has raised itself perhaps.</summary>
    /// <param name="error">What it has found. What is missing in the middle of a change may be there after it, which is looked at
    /// once.</param>
    public Errno MeetOutdated(Errno error)
    {
        if (error is Errno.Ok or Errno.EBUSY)
            return Errno.EAGAIN;
        bool isSure = _hasDoubted;
        _hasDoubted = true;
        return isSure ? error : Errno.EAGAIN;
    }

    /// <summary>After a look: another one is worth while. Pauses before it where others have to go on first.</summary>
    /// <param name="error">What it has given: -EAGAIN when the pages were not to be had or have changed meanwhile; anything else is the
    /// answer.</param>
    /// <returns>False with the answer: -EAGAIN when the call is to start again, -EBUSY when pages have changed again and again.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGoOn(ref Errno error) => error == Errno.EAGAIN && TryLookAgain(ref error);

    private bool TryLookAgain(ref Errno error)
    {
        _count++;
        ThreadJobs thread = ThreadJobs.Own;
        bool isLong = _isInMiddle && _spin.Count >= MostInMiddle;
        if (isLong && thread.MayComeBack)
            return false;
        if (_count >= Most || (isLong && thread.GivesUp) || clock?.Now > _end)
        {
            error = Errno.EBUSY;
            return false;
        }

        if (_isInMiddle)
            _spin.SpinOnce();
        else if (_isLocked)
            _spin.SpinOnce(sleep1Threshold: -1);
        (_isInMiddle, _isLocked) = (false, false);
        return true;
    }
}
