using System.Runtime.CompilerServices;
using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// The gate of a VM's writer side. Jobs that become ready while their thread is inside any such gate are put off until the thread has left
/// the last one, so a job may enter gates itself.
/// </summary>
/// <remarks>Concurrency: a <see cref="SpinGate"/> that knows the thread inside, and counts, per thread, how many are held. Whoever holds
/// one may enter another only by <see cref="TryEnter"/>; the one who enters all VMs tries until it succeeds
/// (<c>docs/concurrency/evict.md</c>); so no two threads ever wait for each other. Client's code that runs inside a VM and breaks this rule
/// gets an exception instead of a hang, and so does whoever leaves a gate that its thread is not in. Work that a thread finds no way in for
/// is left to whoever is inside: the two meet as the sides of an <see cref="AdaptiveFence"/>.</remarks>
internal sealed class WriterGate : IThreadWork
{
    // The work inside: nobody has asked for it; a thread has it in its list or is just beginning it; whoever is inside does it when
    // leaving.
    private const int Unasked = 0, Taken = 1, Left = 2;

    private SpinGate _gate;
    private AdaptiveFence _leaving;
    private int _asked;
    private int _inside;
    private long _quiet;

    IThreadWork? IThreadWork.NextWork { get; set; }

    /// <summary>What <see cref="Ask"/> asks for.</summary>
    public IWorkInside? Work { get; set; }

    /// <summary>This thread is inside at least one gate.</summary>
    public static bool IsAnyHeldHere => ThreadJobs.Own.GatesHeld > 0;

    /// <summary>This thread is inside this gate; nobody but the thread itself can find itself here.</summary>
    public bool IsHeldHere => Volatile.Read(ref _inside) == ThreadJobs.Own.Number;

    private bool IsLeft => Volatile.Read(ref _asked) == Left;

    /// <summary>For calls that will enter gates after they have begun to change things: they refuse before.</summary>
    /// <exception cref="InvalidOperationException">The thread is inside a gate.</exception>
    public static void ThrowIfInside()
    {
        if (IsAnyHeldHere)
            ThrowIsInside();
    }

    /// <summary>Enters; from inside no gate.</summary>
    /// <returns>The thread, for <see cref="Exit(ThreadJobs)"/>.</returns>
    /// <exception cref="InvalidOperationException">The thread is inside one.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ThreadJobs Enter()
    {
        ThreadJobs own = ThreadJobs.Own;
        if (own.GatesHeld > 0)
            ThrowIsInside();
        if (!_gate.TryEnter())
            _gate.Enter();
        Note(own);
        return own;
    }

    public bool TryEnter()
    {
        if (!_gate.TryEnter())
            return false;
        Note(ThreadJobs.Own);
        return true;
    }

    /// <summary>Leaves; after the last gate of the thread, runs the jobs that were put off.</summary>
    /// <exception cref="InvalidOperationException">The thread is not inside.</exception>
    public void Exit()
    {
        ThreadJobs own = ThreadJobs.Own;
        if (Volatile.Read(ref _inside) != own.Number)
            ThrowIsNotInside();
        Exit(own);
    }

    /// <summary>The same for the thread that <see cref="Enter"/> has returned and that is this one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(ThreadJobs own)
    {
        _inside = 0;
        _gate.Exit();
        if (_leaving.IsOn)
            Leave(own);
        if (--own.GatesHeld == 0)
            own.RunIfFree();
    }

    /// <summary>Has the work of the gate done inside it: by this thread, as soon as it is free to, or by whoever is inside, when leaving.
    /// What was there to be done
    /// before the call is done, however many ask. Any thread, perhaps inside gates; never waits.</summary>
    public void Ask()
    {
        if (Interlocked.CompareExchange(ref _asked, Taken, Unasked) == Unasked)
            ThreadJobs.Own.Do(this);
    }

    void IThreadWork.Run()
    {
        while (!TryEnter())
        {
            Interlocked.Exchange(ref _asked, Left);
            _leaving.Pass();
            if (_gate.IsHeld || Interlocked.CompareExchange(ref _asked, Taken, Left) != Left)
                return;
        }

        // From here on it can be asked for again; what comes now may be looked for twice, never not at all.
        Interlocked.Exchange(ref _asked, Unasked);
        try
        {
            Work?.RunInside();
        }
        finally
        {
            Exit();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Leave(ThreadJobs own)
    {
        Interlocked.MemoryBarrier();
        if (IsLeft)
        {
            _quiet = 0;
            TakeWork(own);
        }
        else if (_leaving.IsOffAfter(ref _quiet) && IsLeft)
        {
            _leaving.SwitchOn();
            TakeWork(own);
        }
    }

    private void TakeWork(ThreadJobs own)
    {
        if (Interlocked.CompareExchange(ref _asked, Taken, Left) == Left)
            own.Do(this);
    }

    private void Note(ThreadJobs own)
    {
        _inside = own.Number;
        own.GatesHeld++;
    }

    private static void ThrowIsInside() => throw new InvalidOperationException(
        "the engine was called from inside a VM: a table visitor may only look at the VM that it visits, client memory and logs may not " +
        "call at all");

    private static void ThrowIsNotInside() => throw new InvalidOperationException("a thread leaves a VM that it is not inside of");
}
