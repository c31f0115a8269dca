using XePt.Memory;

namespace XePt.Fences;

/// <summary>
/// The gate of a VM's writer side. Jobs that become ready while their thread is inside any such gate are put off until the thread has left the last
/// one, so a job may enter gates itself.
/// </summary>
/// <remarks>Concurrency: a <see cref="SpinGate"/> that counts, per thread, how many are held. Whoever holds one may enter another only by
/// <see cref="TryEnter"/>, or as the one holder of all VMs (<c>docs/concurrency/evict.md</c>); so no two threads ever wait for each other.</remarks>
internal sealed class WriterGate
{
    private SpinGate _gate;

    /// <summary>This thread is inside at least one gate.</summary>
    public static bool IsAnyHeldHere => ThreadJobs.Own.GatesHeld > 0;

    public void Enter()
    {
        _gate.Enter();
        ThreadJobs.Own.GatesHeld++;
    }

    public bool TryEnter()
    {
        if (!_gate.TryEnter())
            return false;
        ThreadJobs.Own.GatesHeld++;
        return true;
    }

    /// <summary>Leaves; after the last gate of the thread, runs the jobs that were put off.</summary>
    public void Exit()
    {
        _gate.Exit();
        ThreadJobs own = ThreadJobs.Own;
        if (--own.GatesHeld == 0)
            own.RunIfFree();
    }
}
