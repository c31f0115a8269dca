using XePt.Fences;
using XePt.Memory;

namespace XePt.Gpuva;

/// <summary>
/// The userptrs of one VM as notifiers of the client's CPU memory: which CPU addresses each one stands for, whether they have changed since
/// its pages were collected (UPTR-002, UPTR-007), and which are to be repinned before anything runs (the "invalidated list", UPTR-020).
/// Belongs to the VM's writer side except for <see cref="Invalidate(ulong, ulong, bool, List{UserptrHit})"/>, which any thread calls in the
/// middle of anything.
/// </summary>
/// <remarks>
/// Concurrency: the gate is the notifier lock. It is held for a few loads and stores, and nobody waits or calls out inside it. A collection
/// of pages is told from an invalidation by a clock that both read under the gate: the clock is read before the pages are looked up, and
/// the host changes its pages before it invalidates them. So whoever finds the clock of its collection unchanged has the pages of now. An
/// entry outlives its VMA until the GPU cannot reach its pages any more (BIND-227): whoever changes them until then still finds out that
/// there is somebody to wait for.
/// </remarks>
internal sealed class UserptrTable(SubmissionClock jobs)
{
    private struct Entry
    {
        /// <summary>The VMA, or 0 when it has been destroyed.</summary>
        public int Vma;

        /// <summary>The VMA, also when it has been destroyed, as jobs know it.</summary>
        public VmaInFlight InFlight;

        /// <summary>Slot of the pinned pages, or 0.</summary>
        public int Pages;

        /// <summary>When the entry was made, which tells it from others of the same number.</summary>
        public ulong Born;

        /// <summary>When the CPU pages changed last; at first when the entry was made.</summary>
        public ulong Changed;

        /// <summary>The value of <see cref="Changed"/> that the pages were collected under; 0 before.</summary>
        public ulong Collected;

        /// <summary>Number of the pagemap that some of the pages are in, or 0.</summary>
        public int Pagemap;

        /// <summary>What tells that the pages change, when they are those of a process.</summary>
        public UserptrNotifier? Notifier;

        /// <summary>The VMA was bound (PT-154).</summary>
        public bool WasBound;

        /// <summary>In the list of those to be repinned or rebound, between these neighbours.</summary>
        public bool IsListed;

        /// <summary>In the list, but pinned anew already: what is left to do is the rebind.</summary>
        public bool IsRepinned;

        public int Previous, Next;
    }

    /// <summary>By CPU addresses.</summary>
    private IntervalTree<Entry> _entries = new();

    /// <summary>As many as there are, for a look without the gate.</summary>
    private int _count;

    private SpinGate _gate;
    private ulong _clock;
    private int _first, _last;
    private int _listed;

    /// <summary>Entries, those of destroyed VMAs included that the GPU may still reach.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Userptrs are to be repinned or rebound before anything runs. A quick look without the gate.</summary>
    public bool HasListed => Volatile.Read(ref _listed) != 0;

    /// <summary>Makes an entry, without pages yet, for a VMA and its CPU addresses.</summary>
    public int Add(int vma, in Vma v)
    {
        _gate.Enter();
        ulong now = ++_clock;
        var inFlight = new VmaInFlight(vma, v.Start, v.End, jobs.Next, EndJob: long.MaxValue);
        var entry = new Entry { Vma = vma, InFlight = inFlight, Born = now, Changed = now };
        int number = _entries.Add(v.Offset, v.Offset + (v.Size - 1), entry);
        Volatile.Write(ref _count, _entries.Count);
        _gate.Exit();
        return number;
    }

    /// <summary>The VMA is gone: nothing of it is repinned any more. Its pages and the entry stay until <see cref="Remove"/>.</summary>
    public void Orphan(int number)
    {
        _gate.Enter();
        Unlist(number);
        ref Entry entry = ref _entries[number];
        (entry.Vma, entry.InFlight) = (0, entry.InFlight with { EndJob = jobs.Next });
        _gate.Exit();
    }

    /// <summary>Removes an entry.</summary>
    /// <returns>Slot of its pages, which the caller unpins, or 0.</returns>
    public int Remove(int number)
    {
        _gate.Enter();
        Unlist(number);
        int pages = _entries[number].Pages;
        UserptrNotifier? notifier = _entries[number].Notifier;
        _entries.Remove(number);
        Volatile.Write(ref _count, _entries.Count);
        _gate.Exit();
        notifier?.Process.Unwatch(notifier);
        return pages;
    }

    /// <summary>The name by which others ask for an entry that may go.</summary>
    public UserptrHit NameOf(int number)
    {
        _gate.Enter();
        var name = new UserptrHit(number, _entries[number].Born);
        _gate.Exit();
        return name;
    }

    /// <summary>The pages are those of a process.</summary>
    public void Watch(int number, UserptrNotifier notifier)
    {
        _gate.Enter();
        _entries[number].Notifier = notifier;
        _gate.Exit();
    }

    /// <summary>What tells that the pages change, or null when they are declared memory.</summary>
    public UserptrNotifier? NotifierOf(int number)
    {
        _gate.Enter();
        UserptrNotifier? notifier = _entries[number].Notifier;
        _gate.Exit();
        return notifier;
    }

    /// <summary>Number of the pagemap that some of the pages are in, or 0.</summary>
    public int PagemapOf(int number)
    {
        _gate.Enter();
        int pagemap = _entries[number].Pages != 0 ? _entries[number].Pagemap : 0;
        _gate.Exit();
        return pagemap;
    }

    /// <summary>The VMA has been bound at some time.</summary>
    public bool WasBound(int number)
    {
        _gate.Enter();
        bool wasBound = _entries[number].WasBound;
        _gate.Exit();
        return wasBound;
    }

    /// <summary>The state of the CPU pages as of now; read it before the pages are looked up, for <see cref="Collect"/>.</summary>
    public ulong Read(int number)
    {
        _gate.Enter();
        ulong changed = _entries[number].Changed;
        _gate.Exit();
        return changed;
    }

    /// <summary>Pages were collected, or are put back.</summary>
    /// <param name="number">The entry.</param>
    /// <param name="pages">The pages.</param>
    /// <returns>What there was before, for putting it back.</returns>
    public UserptrPages Collect(int number, UserptrPages pages)
    {
        _gate.Enter();
        ref Entry entry = ref _entries[number];
        var before = new UserptrPages(entry.Pages, entry.Pagemap, entry.Collected);
        (entry.Pages, entry.Pagemap, entry.Collected) = (pages.Slot, pages.Pagemap, pages.State);
        _gate.Exit();
        return before;
    }

    /// <summary>Slot of the pages, or 0 when they were dropped.</summary>
    public int PagesOf(int number)
    {
        _gate.Enter();
        int pages = _entries[number].Pages;
        _gate.Exit();
        return pages;
    }

    /// <summary>The CPU pages have changed since they were collected (UPTR-007).</summary>
    public bool IsStale(int number)
    {
        _gate.Enter();
        bool isStale = _entries[number].Collected != _entries[number].Changed;
        _gate.Exit();
        return isStale;
    }

    /// <summary>The userptr is to be repinned before anything runs (UPTR-020); not one that has been and is still to be rebound.</summary>
    public bool IsInvalidated(int number)
    {
        _gate.Enter();
        bool isInvalidated = _entries[number] is { IsListed: true, IsRepinned: false };
        _gate.Exit();
        return isInvalidated;
    }

    /// <summary>The userptr is to be repinned or rebound before anything runs.</summary>
    public bool IsListed(int number)
    {
        _gate.Enter();
        bool isListed = _entries[number].IsListed;
        _gate.Exit();
        return isListed;
    }

    /// <summary>The VMA is bound (PT-154).</summary>
    public void MarkBound(int number)
    {
        _gate.Enter();
        _entries[number].WasBound = true;
        _gate.Exit();
    }

    /// <summary>The CPU pages of <c>[start, end)</c> have changed. Any thread.</summary>
    /// <param name="start">First CPU address.</param>
    /// <param name="end">End, exclusive.</param>
    /// <param name="lists">The VM repins what is invalidated before anything runs (UPTR-020).</param>
    /// <param name="hits">Receives the userptrs that are concerned, by CPU address.</param>
    public void Invalidate(ulong start, ulong end, bool lists, List<UserptrHit> hits)
    {
        if (Count == 0)
            return;

        _gate.Enter();
        int number = _entries.FirstFrom(start);
        for (; number != 0 && _entries.StartOf(number) < end; number = _entries.NextFrom(number, start))
        {
            Change(number, lists);
            hits.Add(new UserptrHit(number, _entries[number].Born));
        }

        _gate.Exit();
    }

    /// <summary>The CPU pages of one userptr, which may be gone, change. Any thread.</summary>
    /// <param name="userptr">The userptr.</param>
    /// <param name="lists">The VM repins what is invalidated before anything runs (UPTR-020).</param>
    /// <returns>False when it is gone.</returns>
    public bool Invalidate(UserptrHit userptr, bool lists)
    {
        _gate.Enter();
        bool exists = _entries.IsLive(userptr.Number) && _entries[userptr.Number].Born == userptr.Born;
        if (exists)
            Change(userptr.Number, lists);
        _gate.Exit();
        return exists;
    }

    /// <summary>The CPU pages of one userptr have changed, as far as anybody can tell.</summary>
    public void Invalidate(int number, bool lists)
    {
        _gate.Enter();
        Change(number, lists);
        _gate.Exit();
    }

    /// <summary>What became of a userptr that was hit: its VMA, or 0, and whether it was ever bound.</summary>
    public (int Vma, bool WasBound) Find(UserptrHit hit)
    {
        _gate.Enter();
        ref Entry entry = ref _entries[hit.Number];
        (int, bool) found = entry.Born == hit.Born ? (entry.Vma, entry.WasBound) : default;
        _gate.Exit();
        return found;
    }

    /// <summary>What may be in flight of a userptr that was hit, whose VMA may be destroyed.</summary>
    /// <returns>False when nothing of it was ever bound, or it is gone.</returns>
    public bool TryFindInFlight(UserptrHit hit, out VmaInFlight found)
    {
        _gate.Enter();
        ref Entry entry = ref _entries[hit.Number];
        bool exists = entry.Born == hit.Born && entry.WasBound;
        found = exists ? entry.InFlight : default;
        _gate.Exit();
        return exists;
    }

    /// <summary>Takes away the pages of a userptr that was hit and has not been repinned since (UPTR-023).</summary>
    /// <returns>Their slot, which the caller unpins, or 0.</returns>
    public int DropPages(UserptrHit hit)
    {
        _gate.Enter();
        ref Entry entry = ref _entries[hit.Number];
        int pages = 0;
        if (entry.Born == hit.Born && entry.Vma != 0 && entry.Collected != entry.Changed)
            (pages, entry.Pages) = (entry.Pages, 0);
        _gate.Exit();
        return pages;
    }

    /// <summary>The VMAs to be repinned or rebound, those first that were invalidated first.</summary>
    public void CollectListed(List<int> vmas)
    {
        _gate.Enter();
        for (int number = _first; number != 0; number = _entries[number].Next)
            vmas.Add(_entries[number].Vma);
        _gate.Exit();
    }

    /// <summary>A userptr of the list is pinned anew, so what is left to do is the rebind, unless its pages have changed again. It stays so
    /// when others cannot be pinned (UPTR-035).</summary>
    public void MarkRepinned(int number)
    {
        _gate.Enter();
        ref Entry entry = ref _entries[number];
        entry.IsRepinned = entry.Collected == entry.Changed;
        _gate.Exit();
    }

    /// <summary>Takes a userptr off the list because its pages are bound, unless they have changed again.</summary>
    public void UnlistBound(int number)
    {
        _gate.Enter();
        if (_entries[number].Collected == _entries[number].Changed)
            Unlist(number);
        _gate.Exit();
    }

    /// <summary>Takes a userptr off the list because there are no pages behind it, unless they have changed again.</summary>
    /// <param name="number">The entry.</param>
    /// <param name="state">What <see cref="Read"/> gave before the pages were looked up.</param>
    /// <returns>False when they have, so that it is worth another try.</returns>
    public bool TryGiveUp(int number, ulong state)
    {
        _gate.Enter();
        bool isSame = _entries[number].Changed == state;
        if (isSame)
            Unlist(number);
        _gate.Exit();
        return isSame;
    }

    private void Change(int number, bool lists)
    {
        ref Entry entry = ref _entries[number];
        entry.Changed = ++_clock;
        entry.IsRepinned = false;
        if (!lists || entry.Vma == 0)
            return;

        // An entry that moves to the end stays in the list: nobody who looks without the gate may find it empty meanwhile.
        if (entry.IsListed)
            Unlink(entry);
        else
            Volatile.Write(ref _listed, _listed + 1);
        (entry.IsListed, entry.Previous, entry.Next) = (true, _last, 0);
        if (_last == 0)
            _first = number;
        else
            _entries[_last].Next = number;
        _last = number;
    }

    private void Unlist(int number)
    {
        ref Entry entry = ref _entries[number];
        if (!entry.IsListed)
            return;
        Unlink(entry);
        entry.IsListed = entry.IsRepinned = false;
        Volatile.Write(ref _listed, _listed - 1);
    }

    private void Unlink(in Entry entry)
    {
        if (entry.Previous == 0)
            _first = entry.Next;
        else
            _entries[entry.Previous].Next = entry.Next;
        if (entry.Next == 0)
            _last = entry.Previous;
        else
            _entries[entry.Next].Previous = entry.Previous;
    }
}

/// <summary>A userptr that an invalidation has met; it may be gone by the time one looks again.</summary>
/// <param name="Number">Its entry.</param>
/// <param name="Born">Tells it from later entries of the same number.</param>
internal readonly record struct UserptrHit(int Number, ulong Born);

/// <summary>Pages that were collected for a userptr.</summary>
/// <param name="Slot">Their slot, or 0.</param>
/// <param name="Pagemap">Number of the pagemap that some of them are in, or 0.</param>
/// <param name="State">What <see cref="UserptrTable.Read"/> gave before they were looked up.</param>
internal readonly record struct UserptrPages(int Slot, int Pagemap, ulong State);
