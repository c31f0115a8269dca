using System.Runtime.CompilerServices;
using XePt.Memory;
using XePt.Uapi;

namespace XePt.Stage;

// One page: the most frequent bind of all, and no vector is worth its setting up.
internal unsafe ref partial struct BindWalk
{
    /// <summary>Records the entry of one page in a leaf table that existed before.</summary>
    /// <param name="update">Where it is staged.</param>
    /// <param name="page">The table.</param>
    /// <param name="at">Address of the page.</param>
    /// <param name="offset">Its offset in memory, where the cursor stands.</param>
    /// <param name="source">What to write.</param>
    /// <param name="leaves">How leaves look.</param>
    /// <returns>As <see cref="RunFromRoot"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Errno RecordPage(
        TileUpdate update, int page, ulong at, ulong offset, ref readonly BindSource source, ref readonly LeafTemplates leaves)
    {
        var value = (ulong*)update.Arena.Rent(sizeof(ulong));
        if (value == null)
            return Errno.ENOMEM;
        ref PtUpdate record = ref update.Updates.TryAppend();
        if (Unsafe.IsNullRef(ref record))
            return Errno.ENOMEM;

        record.Page = page;
        record.First = PageSizes.IndexAt(at, 0);
        record.Count = 1;
        record.Values = value;
        if (source.Kind != BindKind.Memory)
        {
            // SAFETY: room for one value was rented.
            *value = source.Kind == BindKind.Null ? leaves.System4K : 0;
            return Errno.Ok;
        }

        bool isVram = source.Cursor.Kind == SegmentKind.Vram;
        if (isVram && source.VramNeeds64K && !update.Tables.Pool.Page(page).IsCompact)
            return Errno.EINVAL;
        // SAFETY: as above.
        *value = (source.Cursor.AddressAt(offset) + source.AddressBias) | (isVram ? leaves.Vram4K : leaves.System4K);
        return Errno.Ok;
    }
}
