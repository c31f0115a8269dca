using XePt.Fences;
using XePt.Memory;

namespace XePt.Host;

/// <summary>Makes calls that change the mappings of one process exclude each other from beginning to end, callbacks included: what the
/// mmap lock is to writers in the kernel.</summary>
/// <remarks>Concurrency: not reentrant. A callback that makes such a call on the same thread is a mistake, and told so.</remarks>
internal sealed class ChangeLock
{
    private SpinGate _gate;
    private int _owner;
    private IThreadWork? _afterwards;

    /// <exception cref="InvalidOperationException">Called from a callback of such a change.</exception>
    public Scope Enter()
    {
        int me = Environment.CurrentManagedThreadId;
        if (Volatile.Read(ref _owner) == me)
            throw new InvalidOperationException("a callback of a change of mappings may not change mappings itself");
        _gate.Enter();
        Volatile.Write(ref _owner, me);
        return new Scope(this);
    }

    /// <summary>Puts off what takes the lock itself, until the call in progress has ended; once for each.</summary>
    /// <returns>False when this thread does not hold it.</returns>
    public bool TryPutOff(IThreadWork work)
    {
        if (Volatile.Read(ref _owner) != Environment.CurrentManagedThreadId)
            return false;
        _afterwards = work;
        return true;
    }

    private void Exit()
    {
        IThreadWork? afterwards = _afterwards;
        _afterwards = null;
        Volatile.Write(ref _owner, 0);
        _gate.Exit();
        if (afterwards is not null)
            ThreadJobs.Own.Do(afterwards);
        else
            ThreadJobs.Own.RunIfFree();
    }

    /// <summary>Held until it is disposed.</summary>
    public readonly ref struct Scope(ChangeLock held)
    {
        public void Dispose() => held.Exit();
    }
}
