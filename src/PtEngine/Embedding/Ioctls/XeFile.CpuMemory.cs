using XePt.Fences;
using XePt.Memory;

namespace XePt;

// The client's CPU memory as userptrs see it: pages, and the word that they have changed (specification 02 BIND-268, 04 section 12).
public sealed partial class XeFile
{
    /// <summary>Declares CPU memory <c>[start, start + size of the runs)</c> that MAP_USERPTR may pin.</summary>
    /// <param name="start">CPU address, 4 KiB aligned.</param>
    /// <param name="runs">Physical pages; contiguous neighbours count as one piece (PT-067).</param>
    /// <returns>False when it overlaps memory declared before.</returns>
    /// <exception cref="ArgumentException">The start is not that of a page, the interval does not end below 2^64, or the runs exceed the
    /// DMA width of the platform; nothing has changed.</exception>
    /// <exception cref="InsufficientMemoryException">The host has no memory; nothing has changed.</exception>
    public bool MapCpuMemory(ulong start, params ReadOnlySpan<PhysicalRun> runs) => DeclareCpuMemory(start, isReadOnly: false, runs);

    /// <summary>As <see cref="MapCpuMemory"/>, for memory that the process may not write to: MAP_USERPTR pins it for READONLY bindings
    /// alone, others are -EPERM (UPTR-004, UPTR-006).</summary>
    /// <param name="start">As there.</param>
    /// <param name="runs">As there.</param>
    /// <returns>As there.</returns>
    /// <exception cref="ArgumentException">As there.</exception>
    /// <exception cref="InsufficientMemoryException">As there.</exception>
    public bool MapReadOnlyCpuMemory(ulong start, params ReadOnlySpan<PhysicalRun> runs) => DeclareCpuMemory(start, isReadOnly: true, runs);

    private bool DeclareCpuMemory(ulong start, bool isReadOnly, ReadOnlySpan<PhysicalRun> runs)
    {
        ThrowIfClosed();
        Segment[] segments = RunCheck.CpuSegments(Device.Platform, start, runs, out ulong size);
        return Cpu.TryAdd(start, segments, size, isReadOnly);
    }

    /// <summary>Takes back CPU memory declared at this start. Pinned pages stay, and the GPU goes on using them, until
    /// <see cref="InvalidateCpuMemory"/> tells the VMs that they are gone.</summary>
    /// <returns>False when nothing was declared there.</returns>
    public bool UnmapCpuMemory(ulong start)
    {
        ThrowIfClosed();
        return Cpu.TryRemove(start);
    }

    /// <summary>
    /// Puts other pages behind CPU memory declared at this start, as when the host migrates or swaps them, and tells the VMs as
    /// <see cref="InvalidateCpuMemory"/> does. At no moment is there no memory at these addresses.
    /// </summary>
    /// <param name="start">Where the memory begins.</param>
    /// <param name="gone">Signals when no GPU can reach the old pages any more.</param>
    /// <param name="runs">The new pages, as many as before.</param>
    /// <returns>False when no memory of this size was declared there; nothing has changed then.</returns>
    /// <exception cref="ArgumentException">As for <see cref="MapCpuMemory"/>.</exception>
    /// <exception cref="InsufficientMemoryException">The host has no memory; nothing has changed.</exception>
    public bool ReplaceCpuMemory(ulong start, out Fence gone, params ReadOnlySpan<PhysicalRun> runs)
    {
        ThrowIfClosed();
        Segment[] segments = RunCheck.CpuSegments(Device.Platform, start, runs, out ulong size);
        bool exists = Cpu.TryReplace(start, segments, size);
        gone = exists ? InvalidateCpuMemory(AddressRange.OfSize(start, size)) : Fence.Signalled;
        return exists;
    }

    /// <summary>
    /// The pages behind CPU addresses have changed or are gone: what the MMU notifier of a process tells the driver
    /// (BIND-268, UPTR-020 to UPTR-024). Every VM of this client, also one that is being destroyed, takes every userptr that overlaps the
    /// interval, as a whole, from its old pages. In fault mode the entries are zapped and the TLBs flushed, and the next access faults. In
    /// the other modes the entries stay until the next EXEC or the rebind worker has pinned the pages of then; queues of preempt-fence VMs
    /// are stopped for it. Any thread, but not from inside a callback of the engine.
    /// </summary>
    /// <param name="range">The CPU addresses; they need not be those of pages.</param>
    /// <returns>A fence that signals when no GPU can reach the old pages any more: everything that the VMs concerned had in flight is
    /// complete and the TLBs are flushed. Only then may the pages be used for something else. It is signalled at once when nothing had to
    /// be waited for.</returns>
    /// <remarks>Change the memory first (<see cref="MapCpuMemory"/>, <see cref="UnmapCpuMemory"/>), then call this, then wait: whoever
    /// collects pages in between then finds the new ones. A bind that another thread is making with the old pages fails with -EAGAIN in
    /// fault mode (BIND-207).</remarks>
    /// <exception cref="ArgumentException">The interval is empty.</exception>
    public Fence InvalidateCpuMemory(AddressRange range)
    {
        ThrowIfClosed();
        if (range.IsEmpty)
            throw new ArgumentException($"{range} is empty", nameof(range));

        return _ownVms.Invalidate(range);
    }
}
