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

    private void Exit()
    {
        Volatile.Write(ref _owner, 0);
        _gate.Exit();
        ThreadJobs.Own.RunIfFree();
    }

    /// <summary>Held until it is disposed.</summary>
    public readonly ref struct Scope(ChangeLock held)
    {
        public void Dispose() => held.Exit();
    }
}
