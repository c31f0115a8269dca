using XePt.Fences;
using XePt.Pipeline;

namespace XePt.Queues;

/// <summary>Makes a job of an EXEC whose arguments are checked (BIND-110, BIND-126, PT-176). Under the VM's writer gate, which orders the
/// jobs of a queue.</summary>
internal static class ExecSubmit
{
    /// <summary>Appends a job to its queue, names what it waits for and enters it into the reservation. It runs after
    /// <see cref="JobQueue.Release"/>, which wants no gate.</summary>
    /// <returns>The job, or null when the queue has ended meanwhile.</returns>
    public static XeJob? Append(ExecQueue queue, ReadOnlySpan<ulong> batches, ExecSyncs syncs)
    {
        (VmContext vm, JobQueue jobs) = (queue.Vm, queue.Jobs!);
        XeJob job = jobs.Rent();
        job.Reset(batches);
        foreach (ref readonly SyncEntry entry in syncs.Entries)
        {
            if (entry.Handle == 0)
                job.Fences.Add(vm, entry.Address, entry.Value);
        }

        job.FlushesTlb = MustFlush(vm, queue);
        if (!jobs.TryAppend(job))
            return null;

        jobs.DependOn(job, syncs.InFences);
        if (!vm.Facts.IsLongRunning)
            EnterReservation(vm, jobs, job);
        return job;
    }

    /// <summary>Jobs of dma-fence VMs wait for what memory management does to the VM, and whoever waits for all of the VM or of one of its
    /// BOs waits for them (BIND-110, 02 section 4).</summary>
    private static void EnterReservation(VmContext vm, JobQueue jobs, XeJob job)
    {
        FenceSet kernel = vm.Jobs.Waits;
        kernel.Clear();
        vm.Jobs.Reservation.Collect(FenceUsage.Kernel, kernel);
        jobs.DependOn(job, kernel);
        vm.Jobs.Reservation.Add(job.Fence, FenceUsage.Bookkeep);
        foreach (int bo in vm.Space.BoVmas.Bos)
        {
            if (!ReferenceEquals(vm.Memory.Bos[bo].PrivateTo, vm))
                vm.BoFences.Of(bo).Add(job.Fence, FenceUsage.Bookkeep);
        }
    }

    /// <summary>Scratch entries may be cached, so their VM flushes with every batch; others with the first batch of each queue after a
    /// rebind.</summary>
    private static bool MustFlush(VmContext vm, ExecQueue queue)
    {
        if (vm.Facts.IsLongRunning || (!vm.Facts.HasScratch && vm.FlushSeqno == queue.FlushSeqno))
            return false;

        queue.FlushSeqno = vm.FlushSeqno;
        vm.Counters.BatchInvalidations++;
        return true;
    }
}
