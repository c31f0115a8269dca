using XePt.Diagnostics;
using XePt.Uapi;

namespace XePt;

// Faults of the GPU (specification 04 chapter 3) and what GTs count of them.
public sealed partial class XeDevice
{
    /// <summary>Takes a fault in. Any thread. With the inline drive it is serviced and answered before the call returns, unless it has to
    /// wait for a fence or others of its queue do; with the queued drive when somebody pumps.</summary>
    /// <param name="fault">The fault.</param>
    /// <returns>Ok; -ENOSPC when its queue is full: it is lost then, as in the driver (FLT-011).</returns>
    /// <exception cref="ArgumentException">The device has no such GT.</exception>
    public Errno RaiseFault(in GpuFault fault) => Platform.EnginesOf(fault.Gt) is null
        ? throw new ArgumentException($"the device has no GT {fault.Gt}", nameof(fault))
        : Faults.Raise(fault);

    /// <summary>Takes a fault in as the firmware's message (FLT-001, FLT-002).</summary>
    /// <param name="gt">GT that it comes from.</param>
    /// <param name="words">The message.</param>
    /// <returns>As the other form; -EPROTO when it does not have four words, and then there is no fault.</returns>
    public Errno RaiseFault(int gt, ReadOnlySpan<uint> words)
    {
        Errno error = GpuFault.TryDecode(gt, words, out GpuFault fault);
        return error == Errno.Ok ? RaiseFault(fault) : error;
    }

    /// <summary>A GT is reset: its faults that wait in a queue are neither serviced nor answered; one that is being serviced is
    /// (FLT-015).</summary>
    /// <returns>How many were forgotten.</returns>
    public int ResetGt(int gt) => Faults.Squash(gt);

    /// <summary>Faults that each queue can hold (CFG-008).</summary>
    public int FaultQueueCapacity => Faults.Capacity - 1;

    /// <summary>Faults that found their queue full and are never answered (FLT-011).</summary>
    public long LostFaults => Faults.Lost;

    /// <summary>What a GT has counted (specification 04 chapter 15).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The device has no such GT.</exception>
    public GtStatistics GetGtStatistics(int gt) => (uint)gt < (uint)Mirrors.Statistics.Length
        ? Mirrors.Statistics[gt]
        : throw new ArgumentOutOfRangeException(nameof(gt), gt, "the device has no such GT");
}
