using System.Runtime.CompilerServices;
using XePt.Uapi;

namespace XePt.Host;

// What the engine asks (HST-002 to HST-007).
public sealed partial class ModelProcess
{
    // The most pages that one run of absent ones has.
    private const ulong LongestRun = 1UL << 30;

    /// <inheritdoc/>
    public bool TryFindVma(ulong address, out CpuVma vma)
    {
        Enter();
        int found = _vmas.Find(address);
        vma = found != 0 ? _vmas[found].Public : default;
        _memory.Exit();
        return found != 0;
    }

    /// <inheritdoc/>
    public bool TryFindFirstVma(AddressRange range, out CpuVma vma)
    {
        Enter();
        int found = !range.IsEmpty ? _vmas.First(range.Start, range.End) : 0;
        vma = found != 0 ? _vmas[found].Public : default;
        _memory.Exit();
        return found != 0;
    }

    /// <inheritdoc/>
    public void Snapshot(AddressRange range, object? owner, CpuPageList into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Describe(range, owner, takesAll: false, into);
    }

    /// <summary>Where all pages of an interval are, whoever's device they are in and whatever the CPU may do with them.</summary>
    /// <param name="range">Whole pages.</param>
    /// <param name="into">Is cleared, then receives runs that cover the interval.</param>
    public void Describe(AddressRange range, CpuPageList into)
    {
        ArgumentNullException.ThrowIfNull(into);
        Describe(range, null, takesAll: true, into);
    }

    /// <inheritdoc/>
    public Errno FaultIn(AddressRange range, bool write, object? owner, CpuPageList into)
    {
        ArgumentNullException.ThrowIfNull(into);
        into.Clear();
        var access = new PageAccess(write, IsCpu: false, owner, WantsHuge: false);
        Errno error = Errno.Ok;
        Enter();
        for (ulong at = range.Start; at < range.End && error == Errno.Ok;)
        {
            int vma = _vmas.Find(at);
            if (vma == 0 || !_vmas[vma].IsReadable)
                error = Errno.EFAULT;
            else
                error = FaultInPart(vma, ref at, Math.Min(range.End, _vmas[vma].End), access, into);
        }

        _memory.Exit();
        return error;
    }

    /// <inheritdoc/>
    public Errno Subscribe(CpuSubscription subscription, AddressRange range)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        ArgumentOutOfRangeException.ThrowIfEqual(range.IsEmpty, true, nameof(range));
        if (subscription.HostState is not null)
            throw new InvalidOperationException("it is subscribed");
        Enter();
        _subscribers.Add(subscription, range);
        _memory.Exit();
        return Errno.Ok;
    }

    /// <inheritdoc/>
    public void Unsubscribe(CpuSubscription subscription) => SubscriptionWaits.Unsubscribe(this, subscription);

    /// <inheritdoc/>
    public bool TryUnsubscribe(CpuSubscription subscription)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        _memory.Enter();
        bool isRemoved = _subscribers.TryRemove(subscription);
        _memory.Exit();
        return isRemoved;
    }

    /// <inheritdoc/>
    public ulong ReadBegin(CpuSubscription subscription) => SubscriptionWaits.ReadBegin(this, subscription);

    /// <inheritdoc/>
    public bool TryReadBegin(CpuSubscription subscription, out ulong sequence)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        return SubscriptionBook.TryReadBegin(subscription, out sequence);
    }

    /// <inheritdoc/>
    public bool ReadRetry(CpuSubscription subscription, ulong sequence)
    {
        ArgumentNullException.ThrowIfNull(subscription);
        return SubscriptionBook.ReadRetry(subscription, sequence);
    }

    /// <summary>Pages of one mapping, up to one for which the gate has to be left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Errno FaultInPart(int vma, ref ulong at, ulong end, in PageAccess access, CpuPageList into)
    {
        while (at < end)
        {
            switch (Resolve(vma, at, access, out PageEntry entry, out Errno error))
            {
                case PageStep.Done:
                    // What is like the first needs no look of its own.
                    CpuPageRun run = RunOf(at, entry, LengthOf(_pages.LeafOf(at), at, end, entry));
                    into.Add(run);
                    at = run.Range.End;
                    continue;
                case PageStep.Pull:
                    return Pull(vma, at) is Errno.Ok or Errno.EAGAIN ? Errno.Ok : Errno.EFAULT;
                case PageStep.Copy:
                    return BreakSharing(at);
                case PageStep.Busy:
                    HastenMigration(at);
                    return Errno.EBUSY;
                default:
                    return error;
            }
        }

        return Errno.Ok;
    }

    /// <summary>Who needs a page that copies in flight have locked will look again (HST-005): helps them to their end.</summary>
    private void HastenMigration(ulong address)
    {
        _memory.Exit();
        PendingMigrations.TryHasten(this, AddressRange.OfSize(address, PageBytes.Size));
        Enter();
    }

    /// <summary>Pages that go on from a populated one, as one run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LengthOf(int leaf, ulong address, ulong end, PageEntry entry)
    {
        int pages = _pages.RunLength(leaf, address, end);
        if (entry.State != PageState.System || _memory.Frames.PinnedCount == 0)
            return pages;
        int same = 1;
        while (same < pages && _memory.Frames[entry.Frame + same].IsPinned == _memory.Frames[entry.Frame].IsPinned)
            same++;
        return same;
    }

    private CpuPageRun RunOf(ulong address, PageEntry entry, int pages = 1)
    {
        if (entry.State == PageState.Device)
            return CpuPageRun.Device(address, pages, _memory.Blocks[entry.Block].Block!, entry.Page);
        return CpuPageRun.System(
            address, pages, _memory.Frames.AddressOf(entry.Frame), (byte)(entry.IsHuge ? 9 : 0), entry.IsWritable)
            with
        { IsPinned = _memory.Frames[entry.Frame].IsPinned };
    }

    private void Describe(AddressRange range, object? owner, bool takesAll, CpuPageList into)
    {
        into.Clear();
        Enter();
        ulong at = range.Start;
        for (int vma; at < range.End && (vma = _vmas.First(at, range.End)) != 0;)
        {
            ulong from = Math.Max(at, _vmas[vma].Start), to = Math.Min(range.End, _vmas[vma].End);
            AddAbsent(at, from, into);
            if (takesAll || _vmas[vma].IsReadable)
                DescribePages(from, to, owner, takesAll, into);
            else
                AddAbsent(from, to, into);
            at = to;
        }

        AddAbsent(at, range.End, into);
        _memory.Exit();
    }

    private void DescribePages(ulong start, ulong end, object? owner, bool takesAll, CpuPageList into)
    {
        ulong at = start;
        for (int leaf; at < end && (leaf = _pages.FirstLeaf(at, end, out ulong first)) != 0;)
        {
            ulong from = Math.Max(at, first), to = Math.Min(end, first + PageMap.LeafBytes);
            AddAbsent(at, from, into);
            while (from < to)
            {
                PageEntry entry = _pages.Read(leaf, from);
                bool isSeen = takesAll
                    ? entry.State is PageState.System or PageState.Device
                    : !entry.IsLocked && (entry.State == PageState.System || IsOwn(entry, owner));
                CpuPageRun run = isSeen ? RunOf(from, entry, LengthOf(leaf, from, to, entry)) : CpuPageRun.Absent(from, 1);
                into.Add(run);
                from = run.Range.End;
            }

            at = to;
        }

        AddAbsent(at, end, into);
    }

    private static void AddAbsent(ulong start, ulong end, CpuPageList into)
    {
        while (start < end)
        {
            ulong pages = Math.Min((end - start) >> PageBytes.Shift, LongestRun);
            into.Add(CpuPageRun.Absent(start, (int)pages));
            start += pages << PageBytes.Shift;
        }
    }
}
