using XePt.Accesses;
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

    /// <summary>A GT is reset: queues with a job that has started there are reset, too (<see cref="ExecQueue.Reset"/>), those whose jobs
    /// wait go on; and its faults that wait in a queue are neither serviced nor answered; one that is being serviced is
    /// (FLT-015).</summary>
    /// <returns>How many faults were forgotten.</returns>
    /// <exception cref="InvalidOperationException">Called from inside a VM, and a job is running.</exception>
    public int ResetGt(int gt)
    {
        foreach (XeFile file in _files.Items)
        {
            foreach (ExecQueue queue in file.Queues)
            {
                // Of several placements the first is taken.
                if (queue.Engines[0].GtId == gt && queue.Jobs is { HasStarted: true })
                    queue.Reset();
            }
        }

        return Faults.Squash(gt);
    }

    /// <summary>
    /// Many accesses at once, of any VMs of the device, each as <see cref="XeVm.Access"/>: for simulators that have many page faults under
    /// way. Accesses of one kind to one page share a page fault, and faults of VMs whose queues are different are serviced side by side if
    /// other threads pump.
    /// </summary>
    /// <param name="requests">The accesses. They go on independently of each other, in no order.</param>
    /// <param name="bytes">The bytes of all; each request says which are its own.</param>
    /// <param name="outcomes">Receives what became of each.</param>
    /// <remarks>Nothing is allocated once a batch of this size has been there.</remarks>
    /// <exception cref="ArgumentException">There are not as many outcomes as requests, a request is of another device or has bytes outside
    /// of <paramref name="bytes"/>, or is one that <see cref="XeVm.Access"/> and <see cref="XeVm.Atomic"/> throw for; nothing has
    /// happened.</exception>
    public void Access(ReadOnlySpan<GpuAccessRequest> requests, Span<byte> bytes, Span<GpuAccess> outcomes)
    {
        if (outcomes.Length != requests.Length)
            throw new ArgumentException($"{requests.Length} accesses have as many outcomes, not {outcomes.Length}", nameof(outcomes));
        foreach (ref readonly GpuAccessRequest request in requests)
            Check(request, bytes.Length);
        AccessBatch batch = Accesses.RentBatch();
        try
        {
            batch.Reserve(requests.Length);
            foreach (ref readonly GpuAccessRequest request in requests)
                batch.Add(request.Vm.RunOf(request), request.Offset..(request.Offset + request.Size));
            batch.Run(Accesses, bytes);
            for (int i = 0; i < outcomes.Length; i++)
                outcomes[i] = batch[i];
        }
        finally
        {
            batch.Clear();
            Accesses.Return(batch);
        }
    }

    private void Check(in GpuAccessRequest request, int bytes)
    {
        if (request.Vm is null || !ReferenceEquals(request.Vm.File.Device, this))
            throw new ArgumentException($"{request}: the VM is none of this device", nameof(request));
        bool hasSize = request.Kind != GpuAccessKind.Atomic || request.Size == request.Atomic.Size;
        if (!hasSize || request.Offset < 0 || request.Size < 0 || request.Offset > bytes - request.Size)
            throw new ArgumentException($"{request}: {request.Size} bytes from {request.Offset} on are not its own", nameof(request));
        request.Vm.Check(request);
    }

    /// <summary>Real time that an access waits for the answer to a page fault at most, where other threads may bring it.</summary>
    public TimeSpan AccessWaitLimit
    {
        get => Accesses.WaitLimit;
        set => Accesses.WaitLimit = value;
    }

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
