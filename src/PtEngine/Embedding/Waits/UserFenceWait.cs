using System.Buffers.Binary;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>A wait for a word in the client's memory (BIND-255, BIND-256).</summary>
internal sealed class UserFenceWait(XeDevice device) : PendingWait(device), IReturnable<UserFenceWait>
{
    private UserFenceWait? _nextReturned;
    private IUserMemory? _memory;
    private ExecQueue? _queue;
    private DrmXeWaitUserFence _args;

    public ref UserFenceWait? NextReturned => ref _nextReturned;

    public override Rejection TimedOut => Refusals.WaitTimedOut((ulong)_args.Timeout);

    public override Rejection NeverEnds => Refusals.WaitNeverEnds((ulong)_args.Timeout);

    /// <param name="client">Who waits.</param>
    /// <param name="queue">The queue whose reset ends the wait, or null.</param>
    /// <param name="args">Address, comparison, value and mask.</param>
    /// <param name="deadline">When to give up.</param>
    public void Aim(XeFile client, ExecQueue? queue, in DrmXeWaitUserFence args, long deadline)
    {
        Begin(client, deadline);
        (_memory, _queue, _args) = (client.UserMemory, queue, args);
    }

    /// <summary>A condition that is true wins over a reset queue.</summary>
    protected override bool IsMet()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        if (!_memory!.TryRead(_args.Addr, bytes))
        {
            Result = Refusals.WaitIsUnreadable(_args.Addr);
            return true;
        }

        if (Holds(BinaryPrimitives.ReadUInt64LittleEndian(bytes)))
            return true;
        if (_queue is not { IsReset: true })
            return false;
        Result = Refusals.WaitQueueWasReset(_args.ExecQueueId);
        return true;
    }

    protected override void ReturnToPool()
    {
        (_memory, _queue) = (null, null);
        Device.Waits.UserFences.Return(this);
    }

    protected override bool WatchAll() => Watch(Device.UserFenceWakeups.Next);

    private bool Holds(ulong word)
    {
        ulong left = word & _args.Mask, right = _args.Value & _args.Mask;
        return _args.Op switch
        {
            UserFenceWaitOp.Equal => left == right,
            UserFenceWaitOp.NotEqual => left != right,
            UserFenceWaitOp.Greater => left > right,
            UserFenceWaitOp.GreaterOrEqual => left >= right,
            UserFenceWaitOp.Less => left < right,
            _ => left <= right,
        };
    }
}
