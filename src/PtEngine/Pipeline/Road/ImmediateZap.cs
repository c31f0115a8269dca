using XePt.Commit;

namespace XePt.Pipeline;

/// <summary>
/// Takes entries away on the spot: zeroes them on the tiles that have them, then flushes the TLBs once and waits (PT-112, PT-113, PT-117).
/// It says what it did; whose entries they are, and what is marked and counted, is the caller's.
/// </summary>
/// <param name="vm">The VM.</param>
/// <param name="start">First address to flush, though nothing was taken there.</param>
/// <param name="end">End of that, exclusive.</param>
/// <remarks>Concurrency: entries of VMAs are taken by whoever is inside the VM, those of ranges inside the notifier gate, which is left
/// after <see cref="Announce"/> and before <see cref="Flush"/>.</remarks>
internal struct ImmediateZap(VmContext vm, ulong start, ulong end)
{
    private ulong _start = start, _end = end;
    private uint _announced;
    private uint _ofOthers;

    /// <summary>Tiles on which there was something to take. What another thread has zeroed since may be in TLBs all the same, so these
    /// are flushed whatever the walk has found.</summary>
    public uint Tiles { get; private set; }

    /// <summary>Tiles that have to be flushed: those, and those on which others have not flushed yet what they have taken.</summary>
    public readonly uint Unflushed => Tiles | _ofOthers;

    /// <summary>Zeroes the entries of <c>[start, end)</c> on some tiles.</summary>
    /// <param name="valid">The tiles on which there are any.</param>
    /// <param name="start">First address; the flush covers it whether there are any or not.</param>
    /// <param name="end">End, exclusive.</param>
    public void Take(byte valid, ulong start, ulong end)
    {
        for (int tile = 0; tile < vm.Tables.Length; tile++)
        {
            if ((valid & (1 << tile)) != 0)
                ZapWalk.Run(vm.Tables[tile], start, end);
        }

        Tiles |= valid;
        _start = Math.Min(_start, start);
        _end = Math.Max(_end, end);
    }

    /// <summary>Entries of ranges were taken: until the flush others know of it, and what others have taken and not flushed yet is flushed
    /// here, too (CON-014). Inside the gate.</summary>
    public void Announce()
    {
        uint added = Tiles & ~_announced;
        _ofOthers |= vm.Ranges.Zaps.Tiles;
        vm.Ranges.Zaps.Begin(added);
        _announced |= added;
    }

    /// <summary>Flushes once over everything that was taken, on all GTs of the tiles; nothing when there is nothing to flush.</summary>
    public readonly void Flush(TlbInvalidationCause cause)
    {
        if (Unflushed == 0)
            return;
        bool isTraced = vm.Watch.IsDetailed;
        if (isTraced)
            FlushEvents.Start(vm, Unflushed, _start, _end);
        try
        {
            vm.Tlb.OfZap(Unflushed, _start, _end, cause);
            if (isTraced)
                FlushEvents.Stop(vm, Unflushed, _start, _end);
        }
        finally
        {
            vm.Ranges.EndZap(_announced);
        }
    }
}
