using System.Runtime.CompilerServices;
using XePt.Epochs;
using XePt.Stage;
using XePt.Uapi.Formats;
using XePt.Walk;

namespace XePt;

/// <summary>
/// Translates many addresses of one VM on one tile under one pin: what a simulated GPU core holds. Made by <see cref="XeVm.OpenWalker"/>,
/// used by one thread at a time, on any thread, while binds go on; translating takes no lock and allocates nothing.
/// </summary>
/// <remarks>
/// <para>Every translation reads the entries as they are now: once a bind has completed (its call returned or its fence signalled), no
/// later translation shows what was there before it. The pin only keeps the memory of unlinked tables in place, for a walk that is just
/// inside one.</para>
/// <para>Tables that binds unlink are not reused while the walker holds its pin, so call <see cref="Refresh"/> now and then, between
/// translations: it costs about as much as two of them.</para>
/// <para>A class and not a struct, because a copy of a disposed walker would lift the pin of whoever got its place.</para>
/// </remarks>
public sealed unsafe class XeWalker : IDisposable
{
    private const int RegionShift = 21;
    private const ulong NoRegion = ulong.MaxValue;

    private readonly EpochDomain _epochs;
    private readonly TileTables _tables;
    private readonly ulong _size;
    private readonly PoolWalk _walk;

    // 0 once the VM is closed or the walker disposed: one comparison sends every special case the long way.
    private ulong _limit;
    private long* _pin;

    // The deciding entry of the last near translation: the 2 MiB it serves, its table, and what entries there must look like.
    private ulong _region = NoRegion;
    private long _links;
    private ulong* _table;
    private int _shift;
    private ulong _indexMask;
    private ulong _leafMask;
    private ulong _leafBits;
    private uint _kind;

    internal XeWalker(EpochDomain epochs, TileTables tables, ulong size)
    {
        (_epochs, _tables, _size, _walk) = (epochs, tables, size, tables.Walk);
        _pin = epochs.EnterToStay();
        _limit = tables.IsAttached ? size : 0;
    }

    /// <summary>Translates one address by walking the tables from the root.</summary>
    /// <returns>The translation; not present everywhere once the VM is closed.</returns>
    /// <exception cref="ObjectDisposedException">The walker was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Translation Translate(ulong va) => va < _limit ? _walk.Translate(va) : Beyond(va);

    /// <summary>Translates one address that is likely to lie near the last one given to this method: the table that decided the last time
    /// is read again without walking down to it. The results are those of <see cref="Translate(ulong)"/>; only while a commit is under way
    /// may it still show what was before when a walk has shown what comes after.</summary>
    /// <exception cref="ObjectDisposedException">The walker was disposed.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Translation TranslateNear(ulong va)
    {
        // The links are looked at before the entry: unchanged links mean that the table was still in the tree then.
        if (va >> RegionShift == _region && _tables.Links == _links)
        {
            // SAFETY: the mask keeps the index inside the table, which stays in place while the pin lasts.
            ulong entry = Volatile.Read(ref _table[(va >> _shift) & _indexMask]);
            if ((entry & _leafMask) == _leafBits)
                return new Translation(_kind, va, entry);
        }

        return TranslateAndRemember(va);
    }

    /// <summary>Translates many addresses at once, in any order. Much faster than one by one when they are far apart, because the loads of
    /// independent walks overlap.</summary>
    /// <param name="vas">The addresses.</param>
    /// <param name="results">Where the translations go, at the same places; at least as long.</param>
    /// <exception cref="ArgumentException"><paramref name="results"/> is too short.</exception>
    /// <exception cref="ObjectDisposedException">The walker was disposed.</exception>
    public void Translate(ReadOnlySpan<ulong> vas, Span<Translation> results)
    {
        if (results.Length < vas.Length)
            throw new ArgumentException($"there is room for {results.Length} of {vas.Length} translations", nameof(results));
        ObjectDisposedException.ThrowIf(_pin == null, this);
        _tables.Translate(vas, results, _limit, _size);
    }

    /// <summary>Goes from leaf to leaf through an interval and joins those that continue each other, by rising address; scratch entries and
    /// holes are passed over, however large. A leaf costs a read and a compare, a hole one walk.</summary>
    /// <param name="range">The interval; what is beyond the VM has no mappings. Leaves that it touches count as a whole.</param>
    /// <returns>The runs, for a <c>foreach</c> before the walker is refreshed or disposed; none once the VM is closed.</returns>
    /// <exception cref="ObjectDisposedException">The walker was disposed.</exception>
    public MappingRuns Runs(AddressRange range)
    {
        ObjectDisposedException.ThrowIf(_pin == null, this);
        return new MappingRuns(_tables, new AddressRange(Math.Min(range.Start, _limit), Math.Min(range.End, _limit)));
    }

    /// <summary>Lets go of everything seen so far and pins anew, so that tables unlinked meanwhile can be reused. Notices that the VM was
    /// closed.</summary>
    /// <exception cref="ObjectDisposedException">The walker was disposed.</exception>
    public void Refresh()
    {
        ObjectDisposedException.ThrowIf(_pin == null, this);
        _region = NoRegion;
        _epochs.Refresh(_pin);
        _limit = _tables.IsAttached ? _size : 0;
    }

    /// <summary>Ends the walker.</summary>
    public void Dispose()
    {
        _region = NoRegion;
        _limit = 0;
        if (_pin != null)
            _epochs.ExitFromStay(_pin);
        _pin = null;
    }

    private Translation TranslateAndRemember(ulong va)
    {
        if (va >= _limit)
            return Beyond(va);

        long links = _tables.Links;
        LeafPlace place = _walk.Locate(va);
        Translation found = place.Translation;
        _region = found.Status == TranslationStatus.Mapped ? va >> RegionShift : NoRegion;
        _links = links;
        _table = place.Table;
        _shift = found.IsCompact ? Memory.PageSizes.CompactShift : Memory.PageSizes.EntryShift(found.Level);
        _indexMask = found.IsCompact ? Memory.PageSizes.CompactEntries - 1UL : Memory.PageTablePool.EntriesPerTable - 1UL;
        _leafBits = PteFormats.Present | (found.Level > 0 ? PteFormats.PageSize : 0);
        _leafMask = _leafBits | PteFormats.Null;
        _kind = found.Kind;
        return found;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Translation Beyond(ulong va)
    {
        ObjectDisposedException.ThrowIf(_pin == null, this);
        return _tables.Beyond(va, _size);
    }

    /// <summary>For example <c>walker over [0x0, 0x1000000000000)</c>.</summary>
    public override string ToString() => _pin == null ? "walker, disposed" : $"walker over {new AddressRange(0, _size)}";
}
