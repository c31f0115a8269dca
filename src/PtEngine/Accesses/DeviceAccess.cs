using System.Diagnostics;
using XePt.Epochs;
using XePt.Faults;
using XePt.Fences;
using XePt.Memory;
using XePt.Svm;
using XePt.Uapi;

namespace XePt.Accesses;

/// <summary>What the accesses of a device share, and how one waits for the answers to its page faults.</summary>
internal sealed class DeviceAccess(
    AccessGate gate, EpochDomain walks, MirrorDevice mirrors, FaultIntake faults, JobScheduler scheduler, bool hasOtherThreads)
{
    // Looks at a queue that waits for a fence before that counts as waiting: accesses of other threads may be all that it waits for.
    private const int MostLooks = 200;

    // Threads that wait for answers. Raised before they look, by an interlocked step.
    private int _waiting;

    private SharedPool<AccessFault> _idleFaults;
    private SharedPool<AccessBatch> _idleBatches;
    private SharedPool<PendingAccess.Flight> _idleFlights;

    /// <summary>Pins accesses.</summary>
    public AccessGate Gate => gate;

    /// <summary>Pins walks.</summary>
    public EpochDomain Walks => walks;

    /// <summary>Who watches accesses, or null. Set before there are any.</summary>
    public AccessWatch? Watch { get; set; }

    /// <summary>Finds bytes.</summary>
    public AccessMemory Memory { get; } = new(mirrors);

    /// <summary>Real time that an access waits for an answer at most.</summary>
    public TimeSpan WaitLimit { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Goes through with an access as far as that is possible now.</summary>
    public GpuAccess Run(ref AccessRun run, Span<byte> bytes)
    {
        while (!run.TryFinish(this, bytes))
        {
            AccessFault fault = Raise(run.Fault);
            run.Raised();
            if (TryWait(fault, run.Vm.Tlb.Vm.Asid))
                run.Answer(fault.Why, fault.IsLost);
            else
                run.End(GpuAccessStatus.Pending);
            fault.GiveUp();
        }

        return run.Result;
    }

    /// <summary>An answer has come, by an interlocked step: whoever waits for one looks again.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _waiting) != 0)
            scheduler.Wake();
    }

    /// <summary>An object for a batch.</summary>
    public AccessBatch RentBatch() => _idleBatches.Rent() ?? new AccessBatch();

    /// <summary>An object for an access that goes on by itself.</summary>
    public PendingAccess.Flight RentFlight() => _idleFlights.Rent() ?? new PendingAccess.Flight(this);

    /// <summary>The object is of no use any more.</summary>
    public void Return(AccessFault fault) => _idleFaults.Return(fault);

    /// <inheritdoc cref="Return(AccessFault)"/>
    public void Return(AccessBatch batch) => _idleBatches.Return(batch);

    /// <inheritdoc cref="Return(AccessFault)"/>
    public void Return(PendingAccess.Flight flight) => _idleFlights.Return(flight);

    /// <summary>There is room for another fault of an address space.</summary>
    public bool HasRoom(uint asid) => faults.HasRoom(asid);

    /// <summary>Raises a page fault.</summary>
    /// <returns>What becomes of it; the caller gives it up in the end.</returns>
    public AccessFault Raise(in GpuFault fault)
    {
        AccessFault raised = _idleFaults.Rent() ?? new AccessFault(this);
        raised.Begin();
        if (!TryRaise(fault, raised))
            raised.Lose();
        return raised;
    }

    /// <summary>Raises a page fault for somebody who waits for it in his own way; false when it is lost.</summary>
    public bool TryRaise(in GpuFault fault, FaultOrigin origin) => faults.Raise(fault, origin) == Errno.Ok;

    /// <summary>Does what is ready and waits until a fault's answer is there. Not while this thread is inside a VM or in the
    /// middle of a change of pages, where nothing can be done about it.</summary>
    public bool TryWait(AccessFault fault, uint asid)
    {
        if (fault.IsKnown)
            return true;
        Interlocked.Increment(ref _waiting);
        try
        {
            return Wait(fault, asid);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private bool Wait(AccessFault fault, uint asid)
    {
        long begun = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        for (int looks = 0; !fault.IsKnown;)
        {
            if (WriterGate.IsAnyHeldHere || ThreadJobs.Own.IsChanging)
                return false;
            if (ThreadJobs.Own.RunBeforeBlocking() | scheduler.Pump(1) != 0)
                continue;
            TimeSpan left = WaitLimit - Stopwatch.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                return fault.IsKnown;
            // The fence first, then the looks: whoever brings an answer or work, or parks a queue, signals it.
            Fence next = scheduler.NextWork;
            if (!hasOtherThreads && faults.IsParked(asid))
            {
                if (++looks > MostLooks)
                    return fault.IsKnown;
                spin.SpinOnce(sleep1Threshold: -1);
            }
            else if (!fault.IsKnown && !scheduler.HasReady && !next.Wait(left))
            {
                return fault.IsKnown;
            }
        }

        return true;
    }
}
