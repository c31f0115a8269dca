using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using XePt.Memory;

namespace XePt.Epochs;

/// <summary>
/// Tells when table memory that was unlinked can be seen by no walker any more. One per device. Readers pin the epoch while they walk;
/// writers stamp what they unlink with the epoch and reuse it when every pin is younger than the stamp.
/// </summary>
/// <remarks>
/// <para>Reader: read the epoch, write it into an entry of its own (the pin), full fence, then load table entries. Writer: unlink by
/// stores, full fence, stamp with the epoch; later advance the epoch (an interlocked step, so a full fence) and scan the pins.</para>
/// <para>Why a page is never reused under a reader: take a page with stamp S that a reader reached, so one of its loads came before the
/// unlink. Both sides store, fence, load (Dekker): as the reader's loads missed the unlink, the writer's scan cannot miss the pin. The
/// pin's value is at most S: had the reader read a later epoch, then the step past S came before that read, the writer's stamp came before
/// the step and the unlink before the stamp, so the reader would have seen the unlink. So the scan finds a pin of at most S and the page
/// stays. A pin is lifted by a release store, so all loads made under it are over when a scan finds it gone.</para>
/// <para>A reader may pin an epoch that is already old: it then holds back more than it must, never less.</para>
/// <para>Entries are claimed by one interlocked exchange of 0 for the epoch, which is claim, pin and fence at once; each has a pair of
/// cache lines of its own. When all are taken, a further table of entries is chained, and chained tables stay. A scan that does not see a
/// new table, or a raised number of used entries, misses no pin that matters: both are published before the pin, so the argument above
/// covers them. Nobody waits for anybody: an entry left pinned by a dead thread costs memory, not progress.</para>
/// <para>Telling (<see cref="TellWhenReadersLeave"/>): readers that lift a pin are the leavers of an <see cref="AdaptiveFence"/>, which
/// lies next to the epoch, because they have just loaded that. The waiters' word is the epoch up to which readers are waited for. A reader
/// that refreshes its pin again and again tells now and then only: telling is work for others, on cache lines of others. What it does not
/// tell, a later refresh or its exit does. Who holds back much says so (<see cref="Hurry"/>), by a full fence between its word and its
/// scan, as a refresh has one between its pin and its look: a refresh that misses the word has a pin that the scan sees.</para>
/// </remarks>
internal sealed unsafe class EpochDomain
{
    // SAFETY, all: an entry lies in a table of readers of this domain, which lives as long as the domain.

    /// <summary>After a refresh that found somebody waiting, so many of the same reader tell nobody, while nobody is in a hurry.</summary>
    public const int SilentRefreshes = 64;

    /// <summary>Word of an entry behind the pin: refreshes that are still to be silent. Its reader's.</summary>
    public const int Silent = 2;

    // The first pin that was lifted silently, or 0: its reader's, too. Leaves of which nobody was to be told, in a row: written when the
    // entry is free already, so perhaps by two at once, and inexact.
    private const int Untold = 3, QuietLeaves = 1;

    // Where this thread found an entry the last time, in any domain; a guess that saves probing.
    [ThreadStatic]
    private static int t_lastEntry;

    private readonly ReaderTable _first = new();
    private readonly long* _firstEntry;
    private LonelyWord _epoch = new() { Value = 1 };
    // 0, or the newest epoch that somebody wants to be told of.
    private long _awaited;
    private ReturnStack<IReaderWait> _waits;
    private volatile Action? _ended;

    public EpochDomain() => _firstEntry = _first.Entry(0);

    /// <summary>The epoch now; grows from 1.</summary>
    public long Current => Volatile.Read(ref _epoch.Value);

    /// <summary>True while any reader is pinned.</summary>
    public bool HasReaders => OldestPin() != long.MaxValue;

    /// <summary>Calls <see cref="TellAll"/>, in a way of its own, where what one of those told makes ready may wait for another; or
    /// null.</summary>
    public Action<EpochDomain>? Telling { get; init; }

    private bool IsAwaited => Volatile.Read(ref _awaited) != 0 || _ended is not null;

    /// <summary>Pins the current epoch: table memory that is reachable from now on stays as it is until <see cref="Exit"/>.</summary>
    /// <returns>The reader's entry, to be given to <see cref="Exit"/> once, by any thread. Pins may nest; each has its own entry.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long* Enter()
    {
        long epoch = Current;
        int last = t_lastEntry;
        if (last < _first.Used)
        {
            long* entry = _firstEntry + (last * ReaderTable.EntryWords);
            if (Interlocked.CompareExchange(ref *entry, epoch, 0) == 0)
                return entry;
        }

        return EnterElsewhere(epoch);
    }

    /// <summary>Pins the current epoch for a reader that will refresh its pin.</summary>
    /// <returns>The reader's entry, for <see cref="Refresh"/> and once for <see cref="ExitFromStay"/>.</returns>
    public long* EnterToStay()
    {
        long* entry = Enter();
        entry[Silent] = 0;
        return entry;
    }

    /// <summary>Lets go of what an entry of <see cref="EnterToStay"/> has pinned and pins the current epoch.</summary>
    public void Refresh(long* entry)
    {
        // The release orders the loads made under the old pin before it is lifted; the fence orders the pin before the loads to come.
        long pin = *entry;
        Volatile.Write(ref *entry, Current);
        Interlocked.MemoryBarrier();
        if (entry[Silent] > 0 && Volatile.Read(ref _epoch.IsHurried) == 0)
            PutOff(entry, pin);
        else if (_epoch.Leaving.IsOn && HaveLeft(entry, OldestOf(entry, pin)))
            entry[Silent] = SilentRefreshes;
    }

    /// <summary>Lifts a pin and gives its entry back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(long* entry) => Lift(entry, *entry);

    /// <summary>The same for an entry of <see cref="EnterToStay"/>.</summary>
    public void ExitFromStay(long* entry) => Lift(entry, OldestOf(entry, *entry));

    /// <summary>Tells a wait once when no reader can see any more what was stamped until now: at once, or on the thread of the reader that
    /// leaves last. It must not be waiting already.</summary>
    public void TellWhenReadersLeave(IReaderWait wait)
    {
        _waits.Return(wait);
        long upTo = Current;
        // Whoever is going to tell others takes the whole list.
        if (Interlocked.CompareExchange(ref _awaited, upTo, 0) != 0)
            return;

        // Readers that come from now on are not waited for.
        Advance();
        _epoch.Leaving.Pass();
        TellIfLeft();
    }

    /// <summary>What waits now is so much, or so alone, that no refresh is to be silent until somebody was told.</summary>
    public void Hurry()
    {
        // Whoever has set it looks; and whoever takes it back then takes the list of those who wait.
        if (Volatile.Read(ref _epoch.IsHurried) == 0 && Interlocked.Exchange(ref _epoch.IsHurried, 1) == 0)
            TellIfLeft();
    }

    /// <summary>The domain ends: from now on, whoever lifts a pin calls an action afterwards, which frees the tables when it finds no
    /// reader.</summary>
    /// <param name="left">Runs on any thread, on several at once, and now.</param>
    public void TellEnd(Action left)
    {
        _ended = left;
        _epoch.Leaving.SwitchOn();
        left();
    }

    /// <summary>Begins a new epoch, so that what was stamped until now can become safe.</summary>
    public void Advance() => Interlocked.Increment(ref _epoch.Value);

    /// <summary>What is stamped with an earlier epoch than this can be seen by no reader.</summary>
    /// <param name="hasReaders">True when any reader is pinned.</param>
    public long SafeBefore(out bool hasReaders)
    {
        long current = Current;
        long oldest = OldestPin();
        hasReaders = oldest != long.MaxValue;
        return Math.Min(current, oldest);
    }

    private long OldestPin()
    {
        long oldest = long.MaxValue;
        for (ReaderTable? table = _first; table is not null; table = table.Next)
        {
            int used = table.Used;
            for (int i = 0; i < used; i++)
            {
                long pin = Volatile.Read(ref *table.Entry(i));
                if (pin != 0)
                    oldest = Math.Min(oldest, pin);
            }
        }

        return oldest;
    }

    /// <summary>Tells those who have waited.</summary>
    public void TellAll()
    {
        for (IReaderWait? wait = _waits.TakeReturned(); wait is not null;)
        {
            IReaderWait told = wait;
            wait = told.NextReturned;
            told.ReadersLeft();
        }
    }

    // What else is in the entry has been read before: from here on it may be somebody else's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Lift(long* entry, long pin)
    {
        Volatile.Write(ref *entry, 0);
        if (_epoch.Leaving.IsOn)
            Leave(entry, pin);
    }

    private static void PutOff(long* entry, long pin)
    {
        entry[Silent]--;
        if (entry[Untold] == 0)
            entry[Untold] = pin;
    }

    /// <summary>The first of the pins that a reader has lifted and nobody was told of.</summary>
    private static long OldestOf(long* entry, long pin)
    {
        if (entry[Untold] != 0)
            (pin, entry[Untold]) = (entry[Untold], 0);
        return pin;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Leave(long* entry, long pin)
    {
        Interlocked.MemoryBarrier();
        HaveLeft(entry, pin);
    }

    /// <summary>Behind the fence of a reader that has lifted its pin. Of several that leave at the same time, at least one sees that all
    /// have.</summary>
    /// <returns>Somebody waits for readers.</returns>
    private bool HaveLeft(long* entry, long pin)
    {
        ref long quiet = ref entry[QuietLeaves];
        if (IsAwaited)
        {
            quiet = 0;
            Tell(pin);
            return true;
        }

        if (!_epoch.Leaving.IsOffAfter(ref quiet) || !IsAwaited)
            return false;
        _epoch.Leaving.SwitchOn();
        Tell(long.MinValue);
        return true;
    }

    private void Tell(long pin)
    {
        if (_ended is { } ended)
            ended();
        else if (pin <= Volatile.Read(ref _awaited))
            TellIfLeft();
    }

    private void TellIfLeft()
    {
        long upTo = Volatile.Read(ref _awaited);
        if (upTo == 0 || OldestPin() <= upTo || Interlocked.CompareExchange(ref _awaited, 0, upTo) != upTo)
            return;
        Volatile.Write(ref _epoch.IsHurried, 0);
        if (Telling is { } telling)
            telling(this);
        else
            TellAll();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long* EnterElsewhere(long epoch)
    {
        for (ReaderTable table = _first; ; table = table.NextOrNew())
        {
            int index = table.TryClaim(epoch);
            if (index < 0)
                continue;
            if (table == _first)
                t_lastEntry = index;
            return table.Entry(index);
        }
    }

    /// <summary>Words of readers that share their cache lines with nothing.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct LonelyWord
    {
        [FieldOffset(128)]
        public long Value;

        [FieldOffset(136)]
        public AdaptiveFence Leaving;

        [FieldOffset(140)]
        public int IsHurried;
    }
}
