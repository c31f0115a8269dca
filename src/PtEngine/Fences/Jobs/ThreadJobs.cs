using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace XePt.Fences;

/// <summary>
/// What one thread has in hand: the writer gates it is inside of, the signal it is just giving, and what these have made it put off. Two
/// lists: completions are the engine's own (a composite whose parts have all signalled) and wait for the outermost signal; work is jobs and
/// the client's code (callbacks, continuations) and waits for the last writer gate, too.
/// </summary>
/// <remarks>
/// <para>Concurrency: only its thread touches it. One object for all of it, because finding a thread's own data costs more than using
/// it.</para>
/// <para>Why put off: the client's code may make any call, so it must not run where this thread holds a gate, nor in the middle of a list
/// of callbacks. And a chain of jobs or composites, of any length, must not need stack: what is put off runs one after the other from the
/// outermost frame. Nothing is put off for long: whoever leaves the gate or ends the signal runs the lists before it returns, and whoever
/// is about to block runs them first (<see cref="RunBeforeBlocking"/>).</para>
/// <para>Faults wait longer: a thread that announces a change of a process's pages (<see cref="BeginChange"/>) services none before the
/// change has ended, because a fault looks again and again until no change is in its middle.</para>
/// <para>A step (<see cref="BeginStep"/>) is a piece of the engine's work that the client's code must not run in the middle of although no
/// gate is held: ending a queue, completing a job, closing a file. What an interface of the embedder throws inside a step must not end it
/// halfway: it is noted (<see cref="Note"/>) and goes on out of the outermost call once everything is done.</para>
/// </remarks>
internal sealed class ThreadJobs
{
    [ThreadStatic]
    private static ThreadJobs? s_own;

    private static int s_threads;

    private WorkList _completions;
    private WorkList _work;
    private WorkList _afterChanges;
    private int _changes;
    private ExceptionDispatchInfo? _failure;
    private int _firing;
    private int _depth;
    private bool _isRunning;

    /// <summary>That of the calling thread.</summary>
    public static ThreadJobs Own => s_own ?? MakeOwn();

    /// <summary>Tells this thread from all others; never 0.</summary>
    public int Number { get; } = Interlocked.Increment(ref s_threads);

    /// <summary>Writer gates that the thread is inside of.</summary>
    public int GatesHeld { get; set; }

    /// <summary>The thread is in the middle of a change of a process's pages, which cannot end before it goes on.</summary>
    public bool IsChanging => _changes > 0;

    /// <summary>The thread has left a VM often enough for the sake of a change that does not end.</summary>
    public bool GivesUp { get; set; }

    /// <summary>It may leave a VM and come back when a change of pages has ended: its own would not, and it does not wait for
    /// ever.</summary>
    public bool MayComeBack => _changes == 0 && !GivesUp;

    /// <summary>A change of a process's pages begins on this thread.</summary>
    public void BeginChange() => _changes++;

    /// <summary>It has ended. What waited for it is done as soon as the thread is free to; holding no gate, <see cref="RunIfFree"/> must
    /// follow.</summary>
    public void EndChange()
    {
        if (--_changes > 0)
            return;
        while (_afterChanges.Take() is { } next)
            _work.Add(next);
    }

    /// <summary>Puts off what may wait for changes of pages: in the middle of one, its own thread would wait for itself.</summary>
    /// <returns>False when the thread is in the middle of none.</returns>
    public bool TryPutOff(IThreadWork work)
    {
        if (_changes == 0)
            return false;
        _afterChanges.Add(work);
        return true;
    }

    /// <summary>Callbacks of a signal are about to be called.</summary>
    public void BeginFiring() => _firing++;

    /// <summary>The callbacks of a signal were called: after the outermost one, what they have caused is done.</summary>
    public void EndFiring()
    {
        if (_firing == 1)
        {
            while (_completions.Take() is { } next)
                next.Run();
        }

        _firing--;
        RunIfFree();
    }

    /// <summary>Completes something of the engine's own: at once, or after the signal in progress.</summary>
    public void Complete(IThreadWork completion)
    {
        BeginFiring();
        _completions.Add(completion);
        EndFiring();
    }

    /// <summary>Does a job or calls the client: at once, or when this thread is free to.</summary>
    public void Do(IThreadWork work)
    {
        _work.Add(work);
        RunIfFree();
    }

    /// <summary>What the thread is given to do now it does at once: it is free to, in the middle of no change, and nothing else comes
    /// first.</summary>
    public bool IsFree => !_isRunning && _firing == 0 && GatesHeld == 0 && _changes == 0 && _depth == 0 && _work.IsEmpty;

    /// <summary>Does a job of a thread that <see cref="IsFree"/>, without putting it into a list.</summary>
    public void DoAtOnce(IThreadWork work) => RunAll(work);

    /// <summary>Begins a step of the engine; when it is disposed, what was put off meanwhile is done.</summary>
    public Step BeginStep()
    {
        var step = new Step(this, _isRunning);
        _isRunning = true;
        return step;
    }

    /// <summary>Notes what an interface of the embedder has thrown; the first goes on when the thread is free.</summary>
    public void Note(Exception thrown) => _failure ??= ExceptionDispatchInfo.Capture(thrown);

    /// <summary>Does what was put off, unless the thread is doing so already or is not free to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RunIfFree()
    {
        if (!_work.IsEmpty || _failure is not null)
            RunUnlessBusy();
    }

    private void RunUnlessBusy()
    {
        if (_isRunning || _firing > 0 || GatesHeld > 0)
            return;
        // A chain of the client's own callbacks that signal one another: when the stack is used up, the loops further out go on with it.
        if (_depth == 0 || RuntimeHelpers.TryEnsureSufficientExecutionStack())
            RunAll();
    }

    /// <summary>Before the thread blocks, perhaps from inside a step, job or callback: what it would keep from being done comes
    /// first.</summary>
    /// <returns>True when there was something.</returns>
    public bool RunBeforeBlocking()
    {
        if (_work.IsEmpty || _firing > 0 || GatesHeld > 0)
            return false;
        RunAll();
        return true;
    }

    /// <summary>Does all of it. When something throws, the rest is done and then the first exception goes on: out of here, or, in the
    /// middle of a step or job, out of whatever runs that.</summary>
    /// <param name="first">What comes before the list, or null.</param>
    private void RunAll(IThreadWork? first = null)
    {
        bool wasRunning = _isRunning;
        ExceptionDispatchInfo? failure = TakeFailure();
        _depth++;
        for (IThreadWork? next = first ?? _work.Take(); next is not null; next = _work.Take())
        {
            // Jobs run one after the other, so that chains of them need no stack. Signals from inside the client's code run what they cause
            // before they return, as signals from outside do: an awaiting method goes on in there for as long as it likes.
            _isRunning = !next.IsOfClient;
            try
            {
                next.Run();
            }
            catch (Exception thrown)
            {
                next.Failed(thrown);
                Note(thrown);
            }

            if (_failure is null)
                continue;
            failure ??= _failure;
            _failure = null;
        }

        _depth--;
        _isRunning = wasRunning;
        // A wait in the middle of a step or job goes on: what was thrown meanwhile leaves with the rest of it.
        if (wasRunning)
            _failure = failure;
        else
            failure?.Throw();
    }

    private ExceptionDispatchInfo? TakeFailure()
    {
        ExceptionDispatchInfo? failure = _failure;
        if (failure is not null)
            _failure = null;
        return failure;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ThreadJobs MakeOwn() => s_own = new ThreadJobs();

    /// <summary>The time of a step.</summary>
    internal readonly ref struct Step(ThreadJobs own, bool wasRunning)
    {
        public void Dispose()
        {
            own._isRunning = wasRunning;
            own.RunIfFree();
        }
    }

    /// <summary>First in, first out.</summary>
    private struct WorkList
    {
        private IThreadWork? _first;
        private IThreadWork? _last;

        public readonly bool IsEmpty => _first is null;

        public void Add(IThreadWork work)
        {
            // It is in no list, so nothing is behind it.
            if (_last is null)
                _first = work;
            else
                _last.NextWork = work;
            _last = work;
        }

        public IThreadWork? Take()
        {
            IThreadWork? work = _first;
            if (work is null)
                return null;

            _first = work.NextWork;
            work.NextWork = null;
            if (_first is null)
                _last = null;
            return work;
        }
    }
}
