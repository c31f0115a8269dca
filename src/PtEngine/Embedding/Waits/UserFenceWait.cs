using System.Buffers.Binary;
using XePt.Fences;
using XePt.Memory;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

/// <summary>A wait for a word in the client's memory (BIND-255, BIND-256).</summary>
internal sealed class UserFenceWait(XeDevice device) : PendingWait(device), IReturnable<UserFenceWait>
{
    // What a positive time-out waits at least (BIND-257): the tick of a kernel with 1000 of them a second.
    private const long Tick = 1_000_000;

    private UserFenceWait? _nextReturned;
    private IUserMemory? _memory;
    private ExecQueue? _queue;
    private DrmXeWaitUserFence _args;

    public ref UserFenceWait? NextReturned => ref _nextReturned;

    public override Rejection TimedOut => Refusals.WaitTimedOut((ulong)_args.Timeout);

    public override Rejection NeverEnds => Refusals.WaitNeverEnds((ulong)_args.Timeout);

    /// <summary>Begins the wait that a call asks for.</summary>
    /// <param name="client">Who waits.</param>
    /// <param name="args">The call.</param>
    /// <param name="wait">The wait, or null after a refusal.</param>
    public static Rejection Prepare(XeFile client, in DrmXeWaitUserFence args, out UserFenceWait? wait)
    {
        wait = null;
        Rejection why = WaitUserFenceChecks.Validate(args);
        ExecQueue? queue = null;
        if (!why.IsRejected && args.ExecQueueId != 0 && (queue = client.FindQueue(args.ExecQueueId)) is null)
            why = Refusals.WaitUnknownQueue(args.ExecQueueId);
        if (why.IsRejected)
            return why;

        XeDevice device = client.Device;
        wait = device.Waits.UserFences.Rent() ?? new UserFenceWait(device);
        wait.Begin(client, DeadlineOf(args, device.Clock.Now));
        (wait._memory, wait._queue, wait._args) = (client.UserMemory, queue, args);
        return default;
    }

    /// <summary>Waits, blocking, and writes back what is left of a relative time-out (BIND-257).</summary>
    public Rejection Run(ref DrmXeWaitUserFence args)
    {
        XeDevice device = Device;
        long start = device.Clock.Now;
        Rejection why = DeviceWait.Run(this);
        Recycle();
        if (args.Timeout < 0)
            args.Timeout = long.MaxValue;
        if ((args.Flags & UserFenceWaitFlags.AbsoluteTime) == 0)
            args.Timeout = Math.Max(0, args.Timeout - (device.Clock.Now - start));
        return why;
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

    private static long DeadlineOf(in DrmXeWaitUserFence args, long now)
    {
        if (args.Timeout <= 0)
            return args.Timeout < 0 ? Endless : now;
        if ((args.Flags & UserFenceWaitFlags.AbsoluteTime) != 0)
            return Math.Max(args.Timeout, now + Tick);
        long wait = Math.Max(args.Timeout, Tick);
        return wait > Endless - now ? Endless : now + wait;
    }

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
