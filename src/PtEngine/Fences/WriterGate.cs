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
    [ThreadStatic]
    private static int s_held;

    private SpinGate _gate;

    /// <summary>This thread is inside at least one gate.</summary>
    public static bool IsAnyHeldHere => s_held > 0;

    public void Enter()
    {
        _gate.Enter();
        s_held++;
    }

    public bool TryEnter()
    {
        if (!_gate.TryEnter())
            return false;
        s_held++;
        return true;
    }

    /// <summary>Leaves; after the last gate of the thread, runs the jobs that were put off.</summary>
    public void Exit()
    {
        _gate.Exit();
        if (--s_held == 0)
            JobScheduler.RunPutOff();
    }
}
