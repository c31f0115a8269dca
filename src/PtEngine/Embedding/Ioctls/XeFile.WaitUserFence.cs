using XePt.Fences;
using XePt.Uapi;

namespace XePt;

// WAIT_USER_FENCE (specification 02 section 15).
public sealed partial class XeFile
{
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
        using CallScope scope = BeginIoctl(XeIoctl.WaitUserFence);
        WriterGate.ThrowIfInside();
        Rejection why = UserFenceWait.Prepare(this, args, out UserFenceWait? wait);
        if (wait is not null)
            why = wait.Run(ref args);
        return Finish(why);
    }

    /// <summary>WAIT_USER_FENCE without blocking: completes on the thread that brings the end about.</summary>
    /// <param name="args">As for <see cref="WaitUserFence"/>; nothing is written back.</param>
    /// <returns>As for <see cref="WaitUserFence"/>, but never -EDEADLK. Neither a task nor a thread stands behind it; await it
    /// once.</returns>
    public ValueTask<Errno> WaitUserFenceAsync(in DrmXeWaitUserFence args)
    {
        ThrowIfCannotWait();
        Rejection why = UserFenceWait.Prepare(this, args, out UserFenceWait? wait);
        return wait is null ? new ValueTask<Errno>(Finish(why)) : wait.RunAsync();
    }

    /// <summary>Tells waiters that words in the client's memory may have changed. A simulator that writes to it without the engine calls
    /// this after the writes; what the engine writes wakes by itself. Any thread.</summary>
    public void NotifyUserFences() => Device.UserFenceWakeups.Notify();
}
