using XePt.Memory;

namespace XePt.Queues;

/// <summary>A multi-queue group: a primary queue and those that share its hardware context (docs/uapi-rest.md section 3). The group lives
/// as long as its primary or a member.</summary>
/// <remarks>Concurrency: any thread; members are counted behind a gate.</remarks>
internal sealed class QueueGroup(ExecQueue primary)
{
    /// <summary>Queues of a group at most, the primary included.</summary>
    private const int Most = 64;

    private SpinGate _gate;
    private int _count = 1;

    public ExecQueue Primary { get; } = primary;

    /// <summary>One member more; false when the group is full.</summary>
    public bool TryJoin()
    {
        _gate.Enter();
        bool hasRoom = _count < Most;
        if (hasRoom)
            _count++;
        _gate.Exit();
        return hasRoom;
    }

    /// <summary>A member is gone.</summary>
    public void Leave()
    {
        _gate.Enter();
        _count--;
        _gate.Exit();
    }
}
