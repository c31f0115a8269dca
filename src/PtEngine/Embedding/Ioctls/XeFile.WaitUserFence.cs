using XePt.Fences;
using XePt.Uapi;
using XePt.Uapi.Checks;

namespace XePt;

// WAIT_USER_FENCE (specification 02 section 15).
public sealed partial class XeFile
{
    // What a positive time-out waits at least (BIND-257): the tick of a kernel with 1000 of them a second.
    private const long Tick = 1_000_000;

    /// <summary>DRM_IOCTL_XE_WAIT_USER_FENCE: waits until a 64-bit word of the client's memory compares as asked (BIND-254 to
    /// BIND-257).</summary>
    /// <param name="args">In: what to compare and how long to wait, by the device's clock. Out: <c>timeout</c>, the ns that are left of a
    /// relative one; a negative one counts as the largest number.</param>
    /// <returns>Ok, -EINVAL, -ENOENT for an unknown queue, -EFAULT when the word cannot be read, -EIO when the queue was reset, -ECANCELED
    /// when the
    /// file is closed meanwhile, -ETIME; -EDEADLK for an endless wait that nothing can end, where it cannot block
    /// (<see cref="XeDeviceOptions.SingleThreaded"/>).</returns>
    /// <remarks>On a <see cref="DriveMode.Queued"/> device any thread may wait while others make calls; <see cref="LastRejection"/> is then
    /// the last one of them all.</remarks>
    public Errno WaitUserFence(ref DrmXeWaitUserFence args)
    {
        BeginIoctl(XeIoctl.WaitUserFence);
        WriterGate.ThrowIfInside();
        Rejection why = OpenWait(args, out UserFenceWait? wait);
        if (why.IsRejected)
            return Refuse(why);

        long start = Device.Clock.Now;
        why = DeviceWait.Run(wait!);
        wait!.Recycle();
        if (args.Timeout < 0)
            args.Timeout = long.MaxValue;
        if ((args.Flags & UserFenceWaitFlags.AbsoluteTime) == 0)
            args.Timeout = Math.Max(0, args.Timeout - (Device.Clock.Now - start));
        return why.IsRejected ? Refuse(why) : Accept();
    }

    /// <summary>WAIT_USER_FENCE without blocking: completes on the thread that brings the end about.</summary>
    /// <param name="args">As for <see cref="WaitUserFence"/>; nothing is written back.</param>
    /// <returns>As for <see cref="WaitUserFence"/>, but never -EDEADLK. Neither a task nor a thread stands behind it; await it
    /// once.</returns>
    public ValueTask<Errno> WaitUserFenceAsync(in DrmXeWaitUserFence args)
    {
        ThrowIfCannotWait();
        Rejection why = OpenWait(args, out UserFenceWait? wait);
        return why.IsRejected ? new ValueTask<Errno>(Refuse(why)) : wait!.RunAsync();
    }

    /// <summary>Tells waiters that words in the client's memory may have changed. A simulator that writes to it without the engine calls
    /// this after the writes; what the engine writes wakes by itself. Any thread.</summary>
    public void NotifyUserFences() => Device.UserFenceWakeups.Notify();

    private Rejection OpenWait(in DrmXeWaitUserFence args, out UserFenceWait? wait)
    {
        wait = null;
        Rejection why = WaitUserFenceChecks.Validate(args);
        ExecQueue? queue = null;
        if (!why.IsRejected && args.ExecQueueId != 0 && (queue = FindQueue(args.ExecQueueId)) is null)
            why = Refusals.WaitUnknownQueue(args.ExecQueueId);
        if (why.IsRejected)
            return why;

        wait = Device.Waits.UserFences.Rent() ?? new UserFenceWait(Device);
        wait.Aim(this, queue, args, DeadlineOf(args));
        return default;
    }

    private long DeadlineOf(in DrmXeWaitUserFence args)
    {
        long now = Device.Clock.Now;
        if (args.Timeout <= 0)
            return args.Timeout < 0 ? PendingWait.Endless : now;
        if ((args.Flags & UserFenceWaitFlags.AbsoluteTime) != 0)
            return Math.Max(args.Timeout, now + Tick);
        long wait = Math.Max(args.Timeout, Tick);
        return wait > PendingWait.Endless - now ? PendingWait.Endless : now + wait;
    }
}
