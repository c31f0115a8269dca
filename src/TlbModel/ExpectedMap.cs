using XePt.Memory;
using XePt.Uapi;

namespace XePt;

/// <summary>
/// What each page of a window of a VM may translate to, at every moment: the shadow of the page tables that a stress run keeps beside them.
/// Fed by whoever binds, read by whoever checks. From <see cref="CoherenceChecker.AddMap"/>.
/// </summary>
/// <remarks>
/// <para>A change makes its mapping possible when it begins and the older ones impossible when its flush is acknowledged; between the two
/// either is right. A use is right when what it saw was possible at some moment between its beginning and now. Moments are counted by
/// one clock of the checker that every beginning and every completion moves on.</para>
/// <para>Concurrency: binding calls on one map take its gate. Each page has a version word, odd while it is written; readers copy
/// between two reads of the word. Nothing is allocated after construction.</para>
/// </remarks>
public sealed class ExpectedMap
{
    /// <summary>Mappings remembered per page. A use that spans more changes of one page cannot be judged.</summary>
    public const int VersionsKept = 32;

    private const long Open = long.MaxValue;
    private const ulong NothingMapped = 0, NullMapped = 1, IsAddress = 2, NoTable = 4;

    private struct Version
    {
        public long Change;
        public long Until;
        public ulong Value;
    }

    private struct Page
    {
        public int Sequence;
        public int Newest;
        public long Completed;
        public long ForgottenUntil;
    }

    private readonly CoherenceChecker _checker;
    private readonly Page[] _pages;
    private readonly Version[] _versions;
    private SpinGate _gate;
    private long _changes;

    internal ExpectedMap(CoherenceChecker checker, TlbVm vm, AddressRange range)
    {
        (_checker, Vm, Range) = (checker, vm, range);
        _pages = new Page[checked((int)(range.Size / XeLimits.PageSize))];
        _versions = new Version[_pages.Length * VersionsKept];
        for (int i = 0; i < _versions.Length; i++)
            _versions[i].Until = i % VersionsKept == 0 ? Open : 0;
    }

    /// <summary>The VM.</summary>
    public TlbVm Vm { get; }

    /// <summary>The window.</summary>
    public AddressRange Range { get; }

    /// <summary>A change is about to map an interval to one contiguous piece of memory, or to nothing.</summary>
    /// <param name="range">Whole pages inside the window.</param>
    /// <param name="address">Device address of the first byte; null for no mapping.</param>
    /// <returns>The change's number, from 1.</returns>
    public long Begin(AddressRange range, ulong? address) =>
        Add(range, address is { } first ? first | IsAddress : NothingMapped, address is null ? 0 : XeLimits.PageSize);

    /// <summary>A change is about to make an interval read as zero: a NULL binding, or scratch pages.</summary>
    public long BeginNull(AddressRange range) => Add(range, NullMapped, 0);

    /// <summary>The change's flush is acknowledged: what the interval was mapped to before is impossible from now on.</summary>
    public void Complete(long change, AddressRange range) => Close(change, range, keepsNew: true);

    /// <summary>The change failed and has changed nothing: its mapping is impossible from now on.</summary>
    public void Abandon(long change, AddressRange range) => Close(change, range, keepsNew: false);

    /// <summary>The moment now, for the beginning of a use.</summary>
    public long Now => _checker.Now;

    /// <summary>Judges what a use saw.</summary>
    /// <param name="since">The moment the use began, from <see cref="Now"/>.</param>
    /// <param name="seen">The translation.</param>
    /// <param name="change">The change that ended the mapping, or the newest of the page.</param>
    /// <returns>Null when it is right or cannot be judged.</returns>
    internal CoherenceViolationKind? Judge(long since, in Translation seen, out long change, out bool isJudged)
    {
        int page = IndexOf(seen.Va);
        ulong value = seen.Status switch
        {
            TranslationStatus.Mapped => (seen.Address & ~(XeLimits.PageSize - 1)) | IsAddress,
            TranslationStatus.Null => NullMapped,
            TranslationStatus.BadTable => NoTable,
            _ => NothingMapped,
        };
        var spin = default(SpinWait);
        while (true)
        {
            int sequence = Volatile.Read(ref _pages[page].Sequence);
            CoherenceViolationKind? kind = Compare(page, since, value, out change, out isJudged);
            Volatile.ReadBarrier();
            if ((sequence & 1) == 0 && _pages[page].Sequence == sequence)
                return kind;
            spin.SpinOnce();
        }
    }

    internal bool Holds(int vm, ulong va) => vm == Vm.Number && Range.Contains(va);

    private CoherenceViolationKind? Compare(int page, long since, ulong value, out long change, out bool isJudged)
    {
        ReadOnlySpan<Version> versions = _versions.AsSpan(page * VersionsKept, VersionsKept);
        int newest = _pages[page].Newest;
        isJudged = true;
        change = versions[newest].Change;
        bool wasOnce = false;
        for (int age = 0; age < VersionsKept; age++)
        {
            ref readonly Version version = ref versions[(newest - age + VersionsKept) % VersionsKept];
            if (version.Until == 0 || version.Value != value)
                continue;
            if (version.Until > since)
                return null;
            // The first that no longer holds is the newest of its kind; the change after it has ended it.
            if (!wasOnce && age > 0)
                change = versions[(newest - age + 1 + VersionsKept) % VersionsKept].Change;
            wasOnce = true;
        }

        isJudged = _pages[page].ForgottenUntil <= since;
        return !isJudged ? null : wasOnce ? CoherenceViolationKind.OldMapping : CoherenceViolationKind.UnknownMapping;
    }

    private long Add(AddressRange range, ulong value, ulong step)
    {
        (ulong start, ulong end) = range;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(start, end, nameof(range));
        ArgumentOutOfRangeException.ThrowIfNotEqual((start | end | (value & ~3UL)) & (XeLimits.PageSize - 1), 0UL, nameof(range));
        (int first, int last) = (IndexOf(start), IndexOf(end - 1));
        _gate.Enter();
        long change = ++_changes;
        for (int page = first; page <= last; page++, value += step)
        {
            _pages[page].Sequence++;
            Volatile.WriteBarrier();
            int next = (_pages[page].Newest + 1) % VersionsKept;
            ref Version version = ref _versions[(page * VersionsKept) + next];
            _pages[page].ForgottenUntil = Math.Max(_pages[page].ForgottenUntil, version.Until);
            version = new Version { Change = change, Until = Open, Value = value };
            _pages[page].Newest = next;
            Volatile.Write(ref _pages[page].Sequence, _pages[page].Sequence + 1);
        }

        _gate.Exit();
        _checker.Tick();
        return change;
    }

    private void Close(long change, AddressRange range, bool keepsNew)
    {
        long now = _checker.Tick();
        (int first, int last) = (IndexOf(range.Start), IndexOf(range.End - 1));
        _gate.Enter();
        for (int page = first; page <= last; page++)
        {
            _pages[page].Sequence++;
            Volatile.WriteBarrier();
            bool isRemembered = CloseVersions(page, change, now, keepsNew);
            // What is forgotten is older than all that is remembered.
            if (keepsNew && isRemembered && _pages[page].ForgottenUntil == Open)
                _pages[page].ForgottenUntil = now;
            if (keepsNew)
                _pages[page].Completed = Math.Max(_pages[page].Completed, change);
            Volatile.Write(ref _pages[page].Sequence, _pages[page].Sequence + 1);
        }

        _gate.Exit();
    }

    /// <summary>Makes impossible what a change has ended: with a completed one all older mappings of the page, else its own.</summary>
    /// <returns>True when the change's own mapping is still remembered.</returns>
    private bool CloseVersions(int page, long change, long now, bool keepsNew)
    {
        Span<Version> versions = _versions.AsSpan(page * VersionsKept, VersionsKept);
        bool isRemembered = false;
        for (int age = 0; age < VersionsKept; age++)
        {
            ref Version version = ref versions[(_pages[page].Newest - age + VersionsKept) % VersionsKept];
            // All that is older than a completed change is closed already.
            if (version.Change < _pages[page].Completed)
                break;
            isRemembered |= version.Change == change;
            if (version.Until == Open && (keepsNew ? version.Change < change : version.Change == change))
                version.Until = now;
        }

        return isRemembered;
    }

    private int IndexOf(ulong va)
    {
        if (!Range.Contains(va))
            throw new ArgumentOutOfRangeException(nameof(va), va, $"outside {Range}");
        return (int)((va - Range.Start) / XeLimits.PageSize);
    }

    /// <summary>For example <c>vm 1 (asid 1) [0x200000, 0x400000)</c>.</summary>
    public override string ToString() => $"{Vm} {Range}";
}
