using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using XePt.Memory;
using XePt.Uapi.Formats;

namespace XePt.Walk;

// Many walks at once: level by level, so that the loads of independent walks overlap.
internal readonly unsafe partial struct PoolWalk
{
    // SAFETY, all: callers give as many results and places as addresses; a place is null or in a table that the walk pins.

    /// <summary>Most addresses that <see cref="TranslateGroup"/> takes.</summary>
    public const int GroupSize = 32;

    /// <summary>Walks the tables for up to <see cref="GroupSize"/> addresses inside the VM.</summary>
    /// <param name="vas">The addresses, at least one.</param>
    /// <param name="results">As many results.</param>
    /// <param name="differences">Bits in which any two of the addresses differ.</param>
    /// <remarks>Directories that all addresses share are read once for all of them. That is right because the walks of a group may be taken
    /// to have begun together: each result is that of a walk that began at the shared read.</remarks>
    [SkipLocalsInit]
    public void TranslateGroup(ReadOnlySpan<ulong> vas, Span<Translation> results, ulong differences)
    {
        Debug.Assert(vas.Length is > 0 and <= GroupSize && results.Length >= vas.Length);
        int shift = _rootShift;
        ulong* table = _root;
        for (; shift > LeafShift && differences >> shift == 0; shift -= PageSizes.IndexBits)
        {
            ulong entry = Volatile.Read(ref table[(vas[0] >> shift) & IndexMask]);
            if (TryFollowAnywhere(entry, MaskAt(shift), out table))
                continue;

            for (int i = 0; i < vas.Length; i++)
                results[i] = Finish(vas[i], shift, entry);
            return;
        }

        // SAFETY: one place per address: where its walk reads next, null when it has ended. Both spans hold vas.Length items.
        ulong** places = stackalloc ulong*[GroupSize];
        fixed (ulong* va = vas)
        fixed (Translation* result = results)
        {
            for (int i = 0; i < vas.Length; i++)
                places[i] = table + ((va[i] >> shift) & IndexMask);
            for (; shift > LeafShift; shift -= PageSizes.IndexBits)
                Descend(va, result, vas.Length, shift, places);
            End(va, result, vas.Length, places);
        }
    }

    /// <summary>Takes each walk that has not ended one level down. Those that end here get their result.</summary>
    private void Descend(ulong* va, Translation* result, int count, int shift, ulong** places)
    {
        ulong mask = MaskAt(shift);
        for (int i = 0; i < count; i++)
        {
            if (places[i] == null)
                continue;

            ulong entry = Volatile.Read(ref *places[i]);
            if (TryFollowAnywhere(entry, mask, out ulong* table))
            {
                places[i] = PlaceIn(table, va[i], shift - PageSizes.IndexBits);
                continue;
            }

            result[i] = Finish(va[i], shift, entry);
            places[i] = null;
        }
    }

    /// <summary>Where a walk reads in a table. It does so a little later, so the memory is asked for now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong* PlaceIn(ulong* table, ulong va, int shift)
    {
        ulong* place = table + ((va >> shift) & IndexMask);
        if (Sse.IsSupported)
            Sse.Prefetch0(place);
        return place;
    }

    private void End(ulong* va, Translation* result, int count, ulong** places)
    {
        for (int i = 0; i < count; i++)
        {
            if (places[i] == null)
                continue;

            ulong entry = Volatile.Read(ref *places[i]);
            result[i] = (entry & (PteFormats.Present | PteFormats.Null)) == PteFormats.Present
                ? new Translation(_mapped, va[i], entry)
                : Finish(va[i], LeafShift, entry);
        }
    }

    private static ulong MaskAt(int shift) => shift == Level1Shift ? LastDirectory : AnyDirectory;

    /// <summary>Follows a directory entry that leads to a table of 512 entries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryFollowAnywhere(ulong entry, ulong mask, out ulong* table)
    {
        if (TryFollow(entry, mask, out table))
            return true;
        table = (entry & mask & ~PteFormats.AddressMask) == PteFormats.Present ? (ulong*)_book.Find(entry & PteFormats.AddressMask) : null;
        return table != null;
    }

    private Translation Finish(ulong va, int shift, ulong entry)
    {
        WalkEnd end = Continue(va, shift, entry);
        return new Translation(end.Kind, va, end.Entry);
    }
}
